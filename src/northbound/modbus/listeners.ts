import type { NorthboundParts } from '../../core/ports.ts'
import { Throttle } from '../../lib/throttle.ts'
import { LAST_UNIT } from './binding.ts'
import type { ModbusConfig } from './config.ts'
import type { Desk, RequestServer } from './stack.ts'
import type { Handle } from './transport/connection.ts'
import { RtuLine } from './transport/rtu-line.ts'
import { loadSerial } from './transport/serial-port.ts'
import { openPlain, plain, TcpServer } from './transport/tcp.ts'
import { secure } from './transport/tls.ts'
import { RtuReader } from './wire/rtu.ts'

const BRIDGE = 0

/** What is said of the files of `tls`, whose client certificates are never older than TLS 1.2. */
export const certificates = { section: 'modbus.tls', peers: 'clients', minVersion: 'TLSv1.2' } as const

/** All that the config listens on, as one: together they start, or none does. */
export function openListeners(
  { tcp, rtu, rtuTcp, tls }: ModbusConfig,
  desk: Desk,
  { clock, folder = '.', log }: NorthboundParts,
): RequestServer {
  const { admits, handle } = desk
  const servers: RequestServer[] = []
  if (tcp !== undefined) servers.push(new TcpServer(tcp, handle, clock, log, plain, admits))
  if (tls !== undefined) {
    const listening = secure({ files: { ...tls, ...certificates, folder }, writeRoles: tls.writeRoles, clock, log })
    servers.push(new TcpServer(tls, handle, clock, log, listening, admits))
  }
  if (rtuTcp !== undefined) {
    const line = onLine(desk, rtuTcp.unit)
    const throttle = new Throttle(clock)
    const broadcast = () => {
      const missed = throttle.pass('broadcast')
      if (missed !== undefined)
        log.warn({ missed }, 'modbus: modbus.rtuTcp: a request to all units (0) is not carried out')
    }
    servers.push(
      new TcpServer(
        rtuTcp,
        line.handle,
        clock,
        log,
        {
          key: 'modbus.rtuTcp',
          prefix: 'rtu+tcp://',
          open: openPlain,
          framing: () => new RtuReader({ isOwn: line.isOwn, broadcast, noise: () => {} }),
        },
        admits,
      ),
    )
  }
  if (rtu !== undefined)
    servers.push(new RtuLine({ settings: rtu, ...onLine(desk, rtu.unit), load: loadSerial, clock, log }))
  return together(servers)
}

/** Whose requests are answered where 0 is everybody and the bridge has a unit like the others (V1.02, 2.2). */
function onLine(desk: Desk, bridge: number): { readonly handle: Handle; readonly isOwn: (unit: number) => boolean } {
  return {
    handle: (unit, pdu, peer, frame) => desk.handle(unit === bridge ? BRIDGE : unit, pdu, peer, frame),
    isOwn: (unit) => unit === bridge || (unit > BRIDGE && unit <= LAST_UNIT && desk.has(unit)),
  }
}

function together(servers: readonly RequestServer[]): RequestServer {
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()))
  }
  return {
    async start() {
      try {
        const addresses: string[] = []
        for (const server of servers) addresses.push(await server.start())
        return addresses.join(',')
      } catch (error) {
        await stop()
        throw error
      }
    },
    stop,
  }
}
