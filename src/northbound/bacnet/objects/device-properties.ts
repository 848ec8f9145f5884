import { APDU_RETRIES, APDU_TIMEOUT_MS, MAX_APDU, MAX_SEGMENTS, SEGMENT_TIMEOUT_MS } from '../transport/limits.ts'
import type { Peer } from '../transport/peer.ts'
import { stationOctets } from '../wire/bvlc.ts'
import { OBJECT_TYPES_SUPPORTED_BITS, objectTypes } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
import { segmentation } from '../wire/service/i-am.ts'
import { SERVICES_SUPPORTED_BITS } from '../wire/service.ts'
import { localDateTime } from '../wire/type/date-time.ts'
import type { Writer } from '../wire/writer.ts'
import type { DeviceModel } from './device-model.ts'
import { identification, type Property, type PropertyTable, propertyTable } from './property.ts'

const PROTOCOL_VERSION = 1
const PROTOCOL_REVISION = 22
const OPERATIONAL = 0

type Row = Property<DeviceModel>

/** No point is a state with a priority array: the type has no objects. */
const typeBits: ReadonlySet<number> = new Set(
  Object.values(objectTypes).filter((type) => type !== objectTypes['multi-state-output']),
)

function text(id: keyof typeof propertyIds, required: boolean, of: (device: DeviceModel) => string): Row {
  return { id: propertyIds[id], required, read: (writer, device) => writer.characterString(of(device)) }
}

function count(id: keyof typeof propertyIds, of: (device: DeviceModel) => number): Row {
  return { id: propertyIds[id], required: true, read: (writer, device) => writer.unsigned(of(device)) }
}

function identity(device: DeviceModel) {
  return device.owner.charger?.state.identity
}

export interface DeviceParts {
  /** Who is told of changes in a device: how many, and each of them, counted from 1. */
  readonly subscriptions: {
    readonly countOf: (device: DeviceModel) => number
    readonly writeSubscription: (writer: Writer, device: DeviceModel, index: number) => void
  }
  /** The devices that the bridge sends to, as far as it has found them. */
  readonly bindings: () => readonly { readonly instance: number; readonly peer: Peer }[]
  /** Whether the service of that bit is executed (clause 21, BACnetServicesSupported). */
  readonly executes: (bit: number) => boolean
}

/** The device object (12.11). */
export function deviceProperties({ bindings, executes, subscriptions }: DeviceParts): PropertyTable<DeviceModel> {
  const rows: readonly Row[] = [
    ...identification(),
    { id: propertyIds['system-status'], required: true, read: (writer) => writer.enumerated(OPERATIONAL) },
    text('vendor-name', true, () => 'ocpp-bms-bridge'),
    count('vendor-identifier', ({ common }) => common.vendorId),
    // Stable, because some clients keep their settings under it: a charger's own model is its description.
    text('model-name', true, ({ owner }) => (owner.charger === undefined ? 'ocpp-bms-bridge' : 'OCPP charger')),
    text('firmware-revision', true, (device) => identity(device)?.firmwareVersion ?? device.common.version),
    text('application-software-version', true, ({ common }) => common.version),
    text('description', false, (device) => {
      const own = identity(device)
      return device.owner.charger === undefined
        ? 'OCPP to BACnet and Modbus'
        : [own?.vendor, own?.model, own?.serialNumber].filter(Boolean).join(' ')
    }),
    count('protocol-version', () => PROTOCOL_VERSION),
    count('protocol-revision', () => PROTOCOL_REVISION),
    {
      id: propertyIds['protocol-services-supported'],
      required: true,
      read: (writer) => writer.bitString(SERVICES_SUPPORTED_BITS, executes),
    },
    {
      id: propertyIds['protocol-object-types-supported'],
      required: true,
      read: (writer) => writer.bitString(OBJECT_TYPES_SUPPORTED_BITS, (bit) => typeBits.has(bit)),
    },
    {
      id: propertyIds['object-list'],
      required: true,
      length: ({ order }) => order.length + 1,
      read(writer, device, _downlink, index) {
        const object = device.order[index - 2]
        if (object === undefined) writer.objectId(objectTypes.device, device.instance)
        else writer.objectId(object.type, object.instance)
      },
    },
    {
      id: propertyIds['structured-object-list'],
      required: false,
      length: ({ root }) => (root === undefined ? 0 : 1),
      read(writer, { root }) {
        if (root !== undefined) writer.objectId(root.type, root.instance)
      },
    },
    count('max-apdu-length-accepted', () => MAX_APDU),
    {
      id: propertyIds['segmentation-supported'],
      required: true,
      read: (writer) => writer.enumerated(segmentation['segmented-both']),
    },
    {
      id: propertyIds['local-time'],
      required: false,
      read: (writer, { common }) => writer.fourOctets('time', localDateTime(common.now()).time),
    },
    {
      id: propertyIds['local-date'],
      required: false,
      read: (writer, { common }) => writer.fourOctets('date', localDateTime(common.now()).date),
    },
    {
      id: propertyIds['utc-offset'],
      required: false,
      // Of standard time; minutes west of Greenwich are positive (12.11.25), as in JavaScript.
      read: (writer, { common }) => writer.signed(standardOffset(common.now())),
    },
    {
      id: propertyIds['daylight-savings-status'],
      required: false,
      read(writer, { common }) {
        const now = common.now()
        writer.boolean(new Date(now).getTimezoneOffset() !== standardOffset(now))
      },
    },
    { ...count('max-segments-accepted', () => MAX_SEGMENTS), required: false },
    { ...count('apdu-segment-timeout', () => SEGMENT_TIMEOUT_MS), required: false },
    count('apdu-timeout', () => APDU_TIMEOUT_MS),
    count('number-of-apdu-retries', () => APDU_RETRIES),
    {
      id: propertyIds['device-address-binding'],
      required: true,
      items: () => bindings().length,
      read(writer, _device, _downlink, index) {
        const own = bindings()[index - 1]
        if (own === undefined) return
        const { instance, peer } = own
        writer.objectId(objectTypes.device, instance).unsigned(peer.remote?.network ?? 0)
        writer.octetString(peer.remote?.mac ?? stationOctets(peer))
      },
    },
    count('database-revision', ({ databaseRevision }) => databaseRevision),
    {
      id: propertyIds['active-cov-subscriptions'],
      required: false,
      items: (device) => subscriptions.countOf(device),
      read: (writer, device, _downlink, index) => subscriptions.writeSubscription(writer, device, index),
    },
  ]
  return propertyTable(rows)
}

/** Minutes that standard time is behind UTC: the larger of winter's and summer's. */
function standardOffset(now: number): number {
  const year = new Date(now).getFullYear()
  return Math.max(...[0, 6].map((month) => new Date(year, month, 1).getTimezoneOffset()))
}
