import type { Point } from '../../core/points/point.ts'
import type { Device } from '../../core/ports.ts'
import type { BacnetConfig } from './config.ts'

/** In the flat topology: slot × 1000 + connector × 100 + n. */
const SLOT = 1000
export const FLAT_STRIDE = 100
const FLAT_CONNECTORS = 9

/** Names of the objects that stand beside those of points: no mapping row may take them. */
export const VIEW_NAME = 'View'
export const NETWORK_PORT_NAME = 'Network Port'
/** The bridge's port to the virtual network; its own device is reached by the other one. */
export const VIRTUAL_PORT_NAME = 'Virtual Network Port'
/** The network port by which a device is reached. */
export const NETWORK_PORT = 1

/** The instance of a point's object in its device. */
export function instanceOf(settings: BacnetConfig, device: Device, point: Point, row: number, stride: number): number {
  return settings.topology === 'virtual'
    ? row + point.connector * stride
    : device.number * SLOT + point.connector * FLAT_STRIDE + row
}

/** Why a point has no place in the flat topology; undefined: it has. */
export function flatProblem(point: Point, row: number): string | undefined {
  if (row >= FLAT_STRIDE) return `instance ${row} has no room in topology flat, where a connector has ${FLAT_STRIDE}`
  if (point.connector > FLAT_CONNECTORS) return `topology flat has room for ${FLAT_CONNECTORS} connectors`
  return undefined
}

/** The instance of a connector's structured view (0: the charger's or the site's), whatever the mapping's strides. */
export function viewInstance(settings: Pick<BacnetConfig, 'topology'>, slot: number, connector: number): number {
  return (settings.topology === 'virtual' ? 0 : slot * SLOT) + connector * FLAT_STRIDE + 1
}

/** `<site>.<charger>.<connector>.<name>`; connector 0 is not named. */
export function objectName(device: string, connector: number, name: string): string {
  return connector === 0 ? `${device}.${name}` : `${device}.${connector}.${name}`
}
