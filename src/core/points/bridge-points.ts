import { type AuthorizeMode, authorizeModes } from '../charger/vocabulary.ts'
import type { StorageState } from '../storage-health.ts'
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
  readonly storage: StorageState
}

export interface BridgePointDefinition extends PointDefinition {
  readonly read: (bridge: BridgeView) => PointReading
}

/** Grows when the places or meanings of a released mapping of ours change so that a building engineered against it is misled. */
const MAP_VERSION = 1
/** Neither reads the same with any of its bytes in another place. */
const TEST_PATTERN = 0x12345678
const TEST_FLOAT = 123.456

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
    name: 'mapVersion',
    type: 'integer',
    description: 'Version of the shipped mappings: grows only when a released place gets another meaning',
    read: () => known(MAP_VERSION),
  },
  {
    name: 'testPattern',
    type: 'integer',
    description: 'Always 0x12345678 (305419896): shows the order of words and bytes',
    read: () => known(TEST_PATTERN),
  },
  {
    name: 'testFloat',
    type: 'number',
    description: 'Always 123.456: shows the order of words and bytes of floats',
    read: () => known(TEST_FLOAT),
  },
  {
    name: 'authorizeMode',
    type: 'state',
    states: authorizeModes,
    write: { kind: 'authorize-mode' },
    description: 'Who may charge: all, none, all except the deny list, none except the allow list',
    read: (bridge) => known(authorizeModes.indexOf(bridge.authorizeMode)),
  },
  {
    name: 'storageFault',
    type: 'boolean',
    description: 'The disk, or PostgreSQL, takes nothing of what the bridge keeps',
    read: (bridge) => known(bridge.storage.failing),
  },
  {
    name: 'entriesWaiting',
    type: 'integer',
    description: 'Entries that are kept in memory until the disk takes them',
    read: (bridge) => known(bridge.storage.waiting),
  },
  {
    name: 'entriesLost',
    type: 'integer',
    description: 'Entries that could not be kept, since the bridge was started',
    read: (bridge) => known(bridge.storage.lost),
  },
]
