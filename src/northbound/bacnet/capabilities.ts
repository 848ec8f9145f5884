import type { objectTypes } from './wire/object-type.ts'
import type {
  ConfirmedServiceName,
  confirmedServices,
  UnconfirmedServiceName,
  unconfirmedServices,
} from './wire/service.ts'

type ExecutedName = ConfirmedServiceName | UnconfirmedServiceName
type InitiatedName = keyof typeof confirmedServices | keyof typeof unconfirmedServices

/** One interoperability building block (annex K): what it asks of a device, and where it is proved. */
export interface Bibb {
  readonly name: string
  readonly title: string
  readonly executes?: readonly ExecutedName[]
  readonly initiates?: readonly InitiatedName[]
  /** Object types that it stands on. */
  readonly objects?: readonly (keyof typeof objectTypes)[]
  /** What has to be configured for it. */
  readonly condition?: string
  /** Below `test/`: a file, and a test in it by its own title. */
  readonly tests: readonly (readonly [file: string, title: string])[]
}

const proofs = 'conformance/bacnet/bibbs.test.ts'
const unit = (name: string) => `unit/northbound/bacnet/${name}.test.ts`
const covNotifications = ['confirmed-cov-notification', 'unconfirmed-cov-notification'] as const

/** What the profile B-GW (annex L.7) asks for; of the last two one is enough. */
export const gatewayBibbs = ['DS-RP-B', 'DS-WP-B', 'DM-DDB-B', 'DM-DOB-B', 'DM-DCC-B', 'GW-VN-B', 'GW-EO-B'] as const

/** Every building block that the bridge claims. */
export const bibbs: readonly Bibb[] = [
  {
    name: 'DS-RP-B',
    title: 'Data Sharing - ReadProperty',
    executes: ['read-property'],
    tests: [
      [unit('services'), 'gives arrays whole, by length and by element'],
      [unit('objects'), 'has every property that the standard requires of it, in its data type'],
    ],
  },
  {
    name: 'DS-RPM-B',
    title: 'Data Sharing - ReadPropertyMultiple',
    executes: ['read-property-multiple'],
    tests: [
      [unit('services'), 'puts errors beside values in a multiple read, in the order of the request, even if all fail'],
      [
        unit('objects'),
        'gives REQUIRED, OPTIONAL and ALL without Property_List, and lists all but name, type and identifier',
      ],
    ],
  },
  {
    name: 'DS-WP-B',
    title: 'Data Sharing - WriteProperty',
    executes: ['write-property'],
    tests: [
      [
        unit('write'),
        'is written at the priority of the request, at core’s own when it names none, and released by NULL',
      ],
    ],
  },
  {
    name: 'DS-WPM-B',
    title: 'Data Sharing - WritePropertyMultiple',
    executes: ['write-property-multiple'],
    tests: [[proofs, 'DS-WPM-B writes in order, and stops at the first no with its place']],
  },
  {
    name: 'DS-COV-B',
    title: 'Data Sharing - COV',
    executes: ['subscribe-cov'],
    initiates: covNotifications,
    tests: [
      [unit('services'), 'is told from the increment on, not below'],
      [unit('services'), 'confirmed waits for the answer, repeats, then tells the newest value'],
    ],
  },
  {
    name: 'DS-COVP-B',
    title: 'Data Sharing - COV of Property',
    executes: ['subscribe-cov-property'],
    initiates: covNotifications,
    tests: [[proofs, 'DS-COVP-B tells of one property by an increment of its own']],
  },
  {
    name: 'AE-N-I-B',
    title: 'Alarm and Event - Notification, intrinsic',
    initiates: ['confirmed-event-notification', 'unconfirmed-event-notification'],
    objects: ['notification-class'],
    tests: [[proofs, 'AE-N-I-B tells every recipient of the class of an alarm and of its end']],
  },
  {
    name: 'AE-ACK-B',
    title: 'Alarm and Event - Acknowledgement',
    executes: ['acknowledge-alarm'],
    tests: [[proofs, 'AE-ACK-B takes an acknowledgement of the event that it names, and no other']],
  },
  {
    name: 'AE-INFO-B',
    title: 'Alarm and Event - Information',
    executes: ['get-event-information'],
    tests: [[proofs, 'AE-INFO-B lists what is in alarm, until it is not']],
  },
  {
    name: 'T-VMT-I-B',
    title: 'Trending - Viewing and Modifying Trends, internal',
    executes: ['read-range'],
    objects: ['trend-log'],
    condition: 'rows with `trend`',
    tests: [[unit('trend'), 'records the value at every quarter of an hour by the clock, with its flags']],
  },
  {
    name: 'DM-DDB-A',
    title: 'Device Management - Dynamic Device Binding, client',
    executes: ['i-am'],
    initiates: ['who-is'],
    tests: [[unit('bindings'), 'is asked until it says so, then told, and known from then on']],
  },
  {
    name: 'DM-DDB-B',
    title: 'Device Management - Dynamic Device Binding',
    executes: ['who-is'],
    initiates: ['i-am'],
    tests: [
      [
        unit('services'),
        'answers a Who-Is to all networks for the bridge and every charger, each from its own address',
      ],
      [unit('objects'), 'says the same in I-Am as in its properties'],
    ],
  },
  {
    name: 'DM-DOB-B',
    title: 'Device Management - Dynamic Object Binding',
    executes: ['who-has'],
    initiates: ['i-have'],
    tests: [[unit('services'), 'has an object by name and by number']],
  },
  {
    name: 'DM-DCC-B',
    title: 'Device Management - DeviceCommunicationControl',
    executes: ['device-communication-control'],
    condition: '`bacnet.password`',
    tests: [[proofs, 'DM-DCC-B keeps a device from telling of its own accord, with the password']],
  },
  {
    name: 'DM-RD-B',
    title: 'Device Management - ReinitializeDevice',
    executes: ['reinitialize-device'],
    condition: '`bacnet.password`; for the bridge itself `bacnet.allowRestart` as well',
    tests: [[proofs, 'DM-RD-B restarts a charger by its device, with the password']],
  },
  {
    name: 'DM-TS-B',
    title: 'Device Management - TimeSynchronization',
    executes: ['time-synchronization'],
    tests: [[proofs, 'DM-TS-B takes the local time that the building tells']],
  },
  {
    name: 'DM-UTC-B',
    title: 'Device Management - UTCTimeSynchronization',
    executes: ['utc-time-synchronization'],
    tests: [[proofs, 'DM-UTC-B takes the time of the world that the building tells']],
  },
  {
    name: 'DM-LM-B',
    title: 'Device Management - List Manipulation',
    executes: ['add-list-element', 'remove-list-element'],
    objects: ['notification-class'],
    tests: [[proofs, 'DM-LM-B adds and removes recipients of a notification class']],
  },
  {
    name: 'NM-FDR-A',
    title: 'Network Management - Foreign Device Registration, client',
    condition: '`bacnet.foreignDevice`',
    tests: [[unit('foreign-device'), 'registers again after half of the time to live, for ever']],
  },
  {
    name: 'NM-BBMDC-B',
    title: 'Network Management - BBMD Configuration',
    condition: '`bacnet.bbmd`; the table is that of the configuration, and is read but not written',
    tests: [
      [unit('bbmd'), 'is registered, has its broadcast passed on and answered, and no copy of its own'],
      [unit('bbmd'), 'can be read, the bridge itself in front, and not be written'],
    ],
  },
  {
    name: 'GW-VN-B',
    title: 'Gateway - Virtual Network',
    objects: ['device', 'network-port'],
    condition: '`bacnet.topology: virtual` (the default)',
    tests: [
      [unit('services'), 'answers with the network address of the virtual device as the source'],
      [unit('services'), 'says which network it leads to'],
      [unit('network-port'), 'is that of the virtual network, with its address in three octets'],
    ],
  },
  {
    name: 'GW-EO-B',
    title: 'Gateway - Embedded Objects',
    objects: ['device', 'network-port'],
    condition: '`bacnet.topology: flat`',
    tests: [[unit('services'), 'has all objects in the bridge, numbered by slot, connector and n, and routes nothing']],
  },
]

/** What the standard's form asks for beside services and objects. */
export const options = {
  dataLink: ['BACnet IP (annex J)', 'BACnet IP (annex J), Foreign Device: `bacnet.foreignDevice`'],
  networking: [
    'Router, clause 6: BACnet IP to the virtual network of the chargers (`bacnet.topology: virtual`)',
    'annex J.4, BACnet/IP Broadcast Management Device (BBMD): `bacnet.bbmd`',
    'annex J.5, registrations by Foreign Devices: `bacnet.bbmd.foreignDevices`, at the most 128',
  ],
  characterSets: ['ISO 10646 (UTF-8)'],
  readCharacterSets: ['ISO 10646 (UCS-2)', 'ISO 10646 (UCS-4)', 'ISO 8859-1'],
  gateway: 'chargers that speak OCPP 1.6J over websockets',
} as const
