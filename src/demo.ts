import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway, type Gateway } from './gateway.ts'
import type { Kept } from './kept.ts'
import { systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import type { Plan } from './plan.ts'
import { startDemoFleet } from './simulator/demo-fleet.ts'

export interface DemoParts {
  readonly chargers: number
  readonly file: string | undefined
  readonly log: Log
  readonly planned: (file: string) => Plan
  readonly openKept: (plan: Plan) => Kept
}

export interface Demo {
  readonly gateway: Gateway
  /** Brings the chargers, once the bridge listens, and says what to try. */
  populate(addresses: ReadonlyMap<string, string>): void
  stop(): Promise<void>
}

/** The bridge with simulated chargers: those of a config, or four of our own with a store that lasts as long as the run. */
export function runDemo({ chargers, file, log, planned, openKept }: DemoParts): Demo {
  const folder = mkdtempSync(join(tmpdir(), 'ocpp-bms-bridge-demo-'))
  const own = join(folder, 'config.yaml')
  writeFileSync(own, demoConfig(chargers))
  const plan = planned(file ?? own)
  const gateway = createGateway(plan, { ...openKept(plan), clock: systemClock, log })
  let stopFleet = () => {}
  return {
    gateway,
    populate(addresses) {
      const fleet = startDemoFleet({
        url: reachable(addresses.get('ocpp') ?? ''),
        chargers: plan.settings.chargers.map(({ settings }) => ({
          id: settings.id,
          connectors: settings.connectors ?? 2,
          electrical: settings.electrical,
          ...(settings.password !== undefined && { password: settings.password }),
        })),
        clock: systemClock,
        log,
        seed: 1,
      })
      stopFleet = fleet.stop
      for (const line of suggestions(addresses, plan)) console.log(line)
    },
    async stop() {
      stopFleet()
      await gateway.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function demoConfig(chargers: number): string {
  const rows = Array.from(
    { length: chargers },
    (_, n) =>
      `  - { id: DEMO-${n + 1}, name: Bay ${String(n + 1).padStart(2, '0')}, connectors: 2, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }`,
  )
  return [
    'site: Demo',
    'ocpp: { listen: "127.0.0.1:8887" }',
    'bacnet: { listen: "127.0.0.1:47809", device: { instance: 4000 }, network: 2000 }',
    'modbus: { tcp: { listen: "127.0.0.1:5020" } }',
    'web: { listen: "127.0.0.1:8080" }',
    'store: sqlite:bridge.db',
    'chargers:',
    ...rows,
    '',
  ].join('\n')
}

/** A listener on all addresses is reached on loopback. */
function reachable(url: string): string {
  return withoutTls(url).replace('//0.0.0.0:', '//127.0.0.1:')
}

/** Of the addresses of chargers, the one that simulated ones take. */
function withoutTls(addresses: string): string {
  return addresses.split(',', 1)[0] ?? ''
}

/** Of Modbus listeners, the one that any client can ask. */
function plainTcp(addresses: string): string | undefined {
  return addresses.split(',').find((address) => address !== '' && !/^[a-z+]+:/.test(address))
}

/** Three commands that work as printed, for what is configured. */
function suggestions(addresses: ReadonlyMap<string, string>, plan: Plan): readonly string[] {
  const modbus = plainTcp(addresses.get('modbus') ?? '')?.split(':')
  const bacnet = addresses.get('bacnet')?.split(':')
  const ocpp = addresses.get('ocpp')?.replace('ws:', 'http:')
  const host = (parts: readonly string[]) => (parts[0] === '0.0.0.0' ? '127.0.0.1' : (parts[0] ?? ''))
  const unit = [...plan.assignments.chargers.values()][0]?.addresses.modbus ?? 1
  return [
    'try:',
    ...(modbus === undefined
      ? []
      : [
          `  mbpoll -1 -0 -a ${unit} -t 3:float -B -r 110 -c 1 -p ${modbus.at(-1)} ${host(modbus)}     # power of connector 1, in kW (Debian: mbpoll)`,
          `  mbpoll -0 -a ${unit} -t 4 -r 100 -p ${modbus.at(-1)} ${host(modbus)} 60     # limit it to 6.0 A, and read the power again`,
        ]),
    ...(bacnet === undefined
      ? []
      : [
          `  nmap -sU -p ${bacnet.at(-1)} --script +bacnet-info ${host(bacnet)}     # the bridge as a BACnet device (root)`,
        ]),
    ...(modbus === undefined && ocpp !== undefined
      ? [`  curl ${reachable(ocpp)}     # what a browser sees on the port of the chargers`]
      : []),
  ]
}
