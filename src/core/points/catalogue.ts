import { type BridgePointDefinition, bridgePoints } from './bridge-points.ts'
import { chargerPoints } from './charger-points.ts'
import { configurationPoint } from './configuration-point.ts'
import { connectorPoints } from './connector-points.ts'
import { meterPoint } from './meter-point.ts'
import type { ChargerPointDefinition, PointDefinition, PointScope } from './point.ts'
import type { KeyType } from './standard-keys.ts'

/** The bridge's own point of that name. */
export function findBridgePoint(name: string): BridgePointDefinition | undefined {
  return bridgePoints.find((point) => point.name === name)
}

/**
 * The point that a mapping row names: one of the tables, `meter.<Measurand>[.<Phase>][@<Location>]`, or
 * `config.<Key>` (chargers only; `vendorType` is the type of a key that is no standard one). `charger` rows are read at
 * connector 0.
 */
export function findPoint(
  scope: Exclude<PointScope, 'bridge'>,
  name: string,
  vendorType?: KeyType,
): ChargerPointDefinition | undefined {
  const rows = scope === 'charger' ? chargerPoints : connectorPoints
  return (
    rows.find((point) => point.name === name) ??
    meterPoint(name) ??
    (scope === 'charger' ? configurationPoint(name, vendorType) : undefined)
  )
}

/** All names of a table, for "did you mean" and for the documentation; patterns are not among them. */
export function pointNames(scope: PointScope): readonly string[] {
  const rows: readonly PointDefinition[] =
    scope === 'bridge' ? bridgePoints : scope === 'charger' ? chargerPoints : connectorPoints
  return rows.map((point) => point.name)
}
