import type { Charger } from '../../../core/charger/charger.ts'
import { objectName, VIEW_NAME } from '../placement.ts'
import { objectTypes } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
import { writeDeviceObjectReference } from '../wire/type/device-object-reference.ts'
import type { BacnetObject } from './bacnet-object.ts'
import type { DeviceModel } from './device-model.ts'
import { identification, type PropertyTable, propertyTable } from './property.ts'

/** One branch of a view: an object of this device or of another, and what it is called here. */
export interface Subordinate {
  readonly object: BacnetObject
  readonly annotation: string
}

/** BACnetNodeType (clause 21), as far as the tree has it. */
const nodeTypes = { site: 5, charger: 6, connector: 6 } as const

const nodes = {
  site: 'what the bridge tells, and the chargers of the site',
  charger: 'what the charger tells, and its connectors',
  connector: 'what the connector tells',
} as const

/** A node of the tree site, charger, connector (12.29). */
export class StructuredView implements BacnetObject {
  readonly type = objectTypes['structured-view']
  readonly device: DeviceModel
  readonly instance: number
  /** Undefined: the site's. */
  readonly charger: Charger | undefined
  readonly connector: number
  readonly #subordinates: (view: StructuredView) => readonly Subordinate[]

  constructor(init: {
    readonly device: DeviceModel
    readonly instance: number
    readonly charger: Charger | undefined
    readonly connector: number
    readonly subordinates: (view: StructuredView) => readonly Subordinate[]
  }) {
    this.device = init.device
    this.instance = init.instance
    this.charger = init.charger
    this.connector = init.connector
    this.#subordinates = init.subordinates
  }

  get name(): string {
    return objectName(this.device.ownerOf(this.charger), this.connector, VIEW_NAME)
  }

  get node(): keyof typeof nodes {
    return this.charger === undefined ? 'site' : this.connector === 0 ? 'charger' : 'connector'
  }

  get subordinates(): readonly Subordinate[] {
    return this.#subordinates(this)
  }

  get properties(): PropertyTable<StructuredView> {
    return table
  }
}

const table: PropertyTable<StructuredView> = propertyTable<StructuredView>([
  ...identification(),
  {
    id: propertyIds.description,
    required: false,
    read: (writer, { node }) => writer.characterString(nodes[node]),
  },
  { id: propertyIds['node-type'], required: true, read: (writer, { node }) => writer.enumerated(nodeTypes[node]) },
  { id: propertyIds['node-subtype'], required: false, read: (writer, { node }) => writer.characterString(node) },
  {
    id: propertyIds['subordinate-list'],
    required: true,
    length: ({ subordinates }) => subordinates.length,
    read(writer, view, _downlink, index) {
      const object = view.subordinates[index - 1]?.object
      if (object === undefined) return
      const device = object.device === view.device ? undefined : object.device.instance
      writeDeviceObjectReference(writer, { device, object })
    },
  },
  {
    id: propertyIds['subordinate-annotations'],
    required: false,
    length: ({ subordinates }) => subordinates.length,
    read: (writer, view, _downlink, index) => writer.characterString(view.subordinates[index - 1]?.annotation ?? ''),
  },
])
