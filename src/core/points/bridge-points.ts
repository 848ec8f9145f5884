import { type AuthorizeMode, authorizeModes } from '../charger/vocabulary.ts'
import type { PointDefinition, PointReading } from './point.ts'
import { known } from './reading.ts'

/** What the bridge's own points read: totals over the configured chargers. */
export interface BridgeView {
  readonly configured: number
  readonly online: number
  readonly charging: number
  readonly faulted: number
  readonly powerW: number
  readonly version: string
  readonly authorizeMode: AuthorizeMode
}

export interface BridgePointDefinition extends PointDefinition {
  readonly read: (bridge: BridgeView) => PointReading
}

export const bridgePoints: readonly BridgePointDefinition[] = [
  {
    name: 'chargersConfigured',
    type: 'integer',
    description: 'Chargers in the config',
    read: (bridge) => known(bridge.configured),
  },
  {
    name: 'chargersOnline',
    type: 'integer',
    description: 'Chargers that talk to the bridge',
    read: (bridge) => known(bridge.online),
  },
  {
    name: 'connectorsCharging',
    type: 'integer',
    description: 'Connectors that charge',
    read: (bridge) => known(bridge.charging),
  },
  {
    name: 'connectorsFaulted',
    type: 'integer',
    description: 'Connectors out of order',
    read: (bridge) => known(bridge.faulted),
  },
  {
    name: 'totalPower',
    type: 'number',
    unit: 'W',
    description: 'Active power of all chargers that are online',
    read: (bridge) => known(bridge.powerW),
  },
  {
    name: 'softwareVersion',
    type: 'text',
    length: 20,
    description: 'Version of the bridge',
    read: (bridge) => known(bridge.version),
  },
  {
    name: 'authorizeMode',
    type: 'state',
    states: authorizeModes,
    write: { kind: 'authorize-mode' },
    description: 'Who may charge: all, none, all except the deny list, none except the allow list',
    read: (bridge) => known(authorizeModes.indexOf(bridge.authorizeMode)),
  },
]
