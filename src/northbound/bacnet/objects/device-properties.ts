import { APDU_RETRIES, APDU_TIMEOUT_MS, MAX_APDU } from '../transport/limits.ts'
import { OBJECT_TYPES_SUPPORTED_BITS, objectTypes } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
import { segmentation } from '../wire/service/i-am.ts'
import { SERVICES_SUPPORTED_BITS, servicesSupported } from '../wire/service.ts'
import type { Writer } from '../wire/writer.ts'
import type { DeviceModel } from './device-model.ts'
import { type Property, propertyTable } from './property.ts'

const PROTOCOL_VERSION = 1
const PROTOCOL_REVISION = 14
const OPERATIONAL = 0

type Row = Property<DeviceModel>

const typeBits: ReadonlySet<number> = new Set(Object.values(objectTypes))
const serviceBits: ReadonlySet<number> = new Set(Object.values(servicesSupported))

function text(id: keyof typeof propertyIds, required: boolean, of: (device: DeviceModel) => string): Row {
  return { id: propertyIds[id], required, read: (writer, device) => writer.characterString(of(device)) }
}

function count(id: keyof typeof propertyIds, of: (device: DeviceModel) => number): Row {
  return { id: propertyIds[id], required: true, read: (writer, device) => writer.unsigned(of(device)) }
}

function identity(device: DeviceModel) {
  return device.device.charger?.state.identity
}

/** The device object (12.11); `writeSubscriptions` lists who is told of changes in it. */
export function deviceProperties(writeSubscriptions: (writer: Writer, device: DeviceModel) => void) {
  const rows: readonly Row[] = [
    {
      id: propertyIds['object-identifier'],
      required: true,
      read: (writer, { instance }) => writer.objectId(objectTypes.device, instance),
    },
    text('object-name', true, ({ name }) => name),
    { id: propertyIds['object-type'], required: true, read: (writer) => writer.enumerated(objectTypes.device) },
    { id: propertyIds['system-status'], required: true, read: (writer) => writer.enumerated(OPERATIONAL) },
    text('vendor-name', true, () => 'ocpp-bms-bridge'),
    count('vendor-identifier', ({ common }) => common.vendorId),
    // Stable, because some clients keep their settings under it: a charger's own model is its description.
    text('model-name', true, ({ device }) => (device.charger === undefined ? 'ocpp-bms-bridge' : 'OCPP charger')),
    text('firmware-revision', true, (device) => identity(device)?.firmwareVersion ?? device.common.version),
    text('application-software-version', true, ({ common }) => common.version),
    text('description', false, (device) => {
      const own = identity(device)
      return device.device.charger === undefined
        ? 'OCPP to BACnet and Modbus'
        : [own?.vendor, own?.model, own?.serialNumber].filter(Boolean).join(' ')
    }),
    count('protocol-version', () => PROTOCOL_VERSION),
    count('protocol-revision', () => PROTOCOL_REVISION),
    {
      id: propertyIds['protocol-services-supported'],
      required: true,
      read: (writer) => writer.bitString(SERVICES_SUPPORTED_BITS, (bit) => serviceBits.has(bit)),
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
    count('max-apdu-length-accepted', () => MAX_APDU),
    {
      id: propertyIds['segmentation-supported'],
      required: true,
      read: (writer) => writer.enumerated(segmentation['no-segmentation']),
    },
    {
      id: propertyIds['local-time'],
      required: false,
      read(writer, { common }) {
        const now = new Date(common.now())
        writer.fourOctets('time', [
          now.getHours(),
          now.getMinutes(),
          now.getSeconds(),
          Math.floor(now.getMilliseconds() / 10),
        ])
      },
    },
    {
      id: propertyIds['local-date'],
      required: false,
      read(writer, { common }) {
        const now = new Date(common.now())
        // Years count from 1900, weekdays from Monday = 1 (20.2.12).
        writer.fourOctets('date', [now.getFullYear() - 1900, now.getMonth() + 1, now.getDate(), now.getDay() || 7])
      },
    },
    {
      id: propertyIds['utc-offset'],
      required: false,
      // Minutes west of Greenwich are positive (12.11.25), as in JavaScript.
      read: (writer, { common }) => writer.signed(new Date(common.now()).getTimezoneOffset()),
    },
    count('apdu-timeout', () => APDU_TIMEOUT_MS),
    count('number-of-apdu-retries', () => APDU_RETRIES),
    // A list without elements: the bridge looks nobody up.
    { id: propertyIds['device-address-binding'], required: true, read: () => {} },
    count('database-revision', ({ databaseRevision }) => databaseRevision),
    { id: propertyIds['active-cov-subscriptions'], required: false, read: writeSubscriptions },
  ]
  return propertyTable(rows)
}
