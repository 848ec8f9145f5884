import type { Point } from '../../core/points/point.ts'
import type { Device, Northbound, NorthboundParts } from '../../core/ports.ts'
import { binding, bindingOf, mappingOptions, objectTypeOf } from './binding.ts'
import { check } from './check.ts'
import { type BacnetConfig, chargerConfig, config } from './config.ts'
import { ede } from './ede/ede.ts'
import { instanceOf } from './placement.ts'
import { createStack } from './stack.ts'
import { UdpPort } from './transport/udp.ts'
import { vacancies } from './vacancies.ts'

function assign(
  settings: BacnetConfig,
  number: number,
  own: { readonly instance: number } | undefined,
): number | undefined {
  if (own !== undefined) return own.instance
  if (number === 0) return settings.device.instance
  const { first, last } = settings.instances
  return first + number - 1 <= last ? first + number - 1 : undefined
}

/** A charger without a device has no use for an instance. */
function idle({ topology }: BacnetConfig): string | undefined {
  return topology === 'flat'
    ? 'in topology flat all chargers are in the device of the bridge, and their instances do nothing: leave it out'
    : undefined
}

function create(settings: BacnetConfig, parts: NorthboundParts): Northbound {
  const { clock, log } = parts
  return createStack(settings, parts, (received) => new UdpPort({ listen: settings.listen, clock, log, received }))
}

/** What `points` says of a point's object. */
function describe(settings: BacnetConfig, device: Device, point: Point): object | undefined {
  const bound = bindingOf(point)
  const own = device.addresses.bacnet
  if (bound === undefined || own === undefined) return undefined
  const { row, stride } = bound
  const place = (instance: number) => instanceOf(settings, device, point, instance, stride)
  const isVirtual = settings.topology === 'virtual' && device.charger !== undefined
  return {
    device: isVirtual ? own : settings.device.instance,
    ...(isVirtual && { network: settings.network }),
    object: row.object,
    type: objectTypeOf(row),
    instance: place(row.instance),
    // The instance of its trend-log.
    ...(row.trend && { trend: place(row.trend.instance ?? row.instance) }),
  }
}

/** What is taken up while it runs; anything else needs a restart. */
const live = [
  'allowRestart',
  'allowWrites',
  'instances',
  'recipients',
  'timeSync',
] as const satisfies readonly (keyof BacnetConfig)[]

/** BACnet/IP: each charger a device behind the bridge, or all in the bridge's own. */
export const bacnet = {
  name: 'bacnet',
  config,
  live,
  chargerConfig,
  binding,
  mappingOptions,
  assign,
  idle,
  check,
  describe,
  vacancies,
  exports: { ede: { files: ede } },
  create,
} as const
