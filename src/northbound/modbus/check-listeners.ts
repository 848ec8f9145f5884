import type { Finding } from '../../core/finding.ts'
import type { Listing } from '../../core/ports.ts'
import { readCertificates } from '../../lib/certificates.ts'
import { overlap } from '../../lib/listen-overlap.ts'
import type { ListenAddress } from '../../lib/schema.ts'
import type { ModbusConfig } from './config.ts'
import { placesOf } from './layout.ts'
import { certificates } from './listeners.ts'

/** What can't be listened on as configured; relative files start at `folder`. */
export function checkListeners(
  settings: ModbusConfig,
  listings: readonly Listing[],
  folder: string,
): readonly Finding[] {
  return [
    ...checkUnits(settings, listings),
    ...checkAddresses(settings),
    ...checkAllow(settings),
    ...checkTls(settings, folder),
  ]
}

/** On a line the bridge has a unit like the others. */
function checkUnits(settings: ModbusConfig, listings: readonly Listing[]): readonly Finding[] {
  return (['rtu', 'rtuTcp'] as const).flatMap((key) => {
    const unit = settings[key]?.unit
    const taken = listings.flatMap(({ device }) => placesOf(settings, device).map((place) => ({ device, place })))
    const other = taken.find(({ place }) => place.unit === unit)
    if (other === undefined) return []
    const { device, place } = other
    const holder = place.kind === 'block' ? 'of blocks (modbus.blocks)' : `of ${device.name}`
    const message = `unit ${unit} is the bridge's own on this line, and that ${holder}: choose another`
    return [{ code: 'modbus-unit', key: ['modbus', key, 'unit'], message }]
  })
}

function checkAddresses(settings: ModbusConfig): readonly Finding[] {
  const taken: (ListenAddress & { readonly key: string })[] = []
  return (['tcp', 'tls', 'rtuTcp'] as const).flatMap((key) => {
    const listen = settings[key]?.listen
    if (listen === undefined) return []
    const { host, port } = listen
    const other = taken.find((each) => overlap(each, listen))
    taken.push({ key, host, port })
    if (other === undefined) return []
    const within = other.host === host ? '' : ` (${other.host}:${port})`
    const message = `${host}:${port} is modbus.${other.key}.listen already${within}: each needs a port of its own`
    return [{ code: 'duplicate-listen', key: ['modbus', key, 'listen'], message }]
  })
}

/** An empty list is allowed, and rarely meant. */
function checkAllow({ allow, tcp, tls, rtuTcp }: ModbusConfig): readonly Finding[] {
  if (allow.length > 0 || (tcp ?? tls ?? rtuTcp) === undefined) return []
  const message = 'an empty allow lets nobody connect: leave it out for everybody'
  return [{ code: 'no-effect', message, key: ['modbus', 'allow'], warning: true }]
}

function checkTls({ tls }: ModbusConfig, folder: string): readonly Finding[] {
  if (tls === undefined) return []
  return readCertificates({ ...tls, ...certificates, folder }, Date.now()).faults.map(({ key, message, warning }) => ({
    code: 'tls-files',
    key: ['modbus', 'tls', key],
    message: `${key} ${message}`,
    ...(warning && { warning }),
  }))
}
