import { NETWORK_PORT, NETWORK_PORT_NAME, objectName, VIRTUAL_PORT_NAME } from '../placement.ts'
import { MAX_APDU } from '../transport/limits.ts'
import { type IpAddress, stationOctets } from '../wire/bvlc.ts'
import type { NetworkAddress } from '../wire/npdu.ts'
import { objectTypes } from '../wire/object-type.ts'
import { propertyIds } from '../wire/property-id.ts'
import { ipv4Octets, writeHostNPort } from '../wire/type/host-n-port.ts'
import type { BacnetObject } from './bacnet-object.ts'
import type { DeviceModel } from './device-model.ts'
import { identification, type Property, type PropertyTable, propertyTable } from './property.ts'

/** What is known of the IP network, and how the bridge stands in it. */
export interface NetworkFacts extends IpAddress {
  readonly subnetMask: string
  readonly dnsServers: readonly string[]
  /** Of the IP network; absent: not known, which is 0. */
  readonly number?: number
  readonly quality?: keyof typeof qualities
  /** Absent: an ordinary station. */
  readonly mode?: keyof typeof modes
  /** With mode `foreign`: where it is registered, and for how many seconds. */
  readonly fdBbmd?: IpAddress
  readonly fdLifetime?: number
  /** With mode `bbmd`: its peers with their broadcast masks, and who is registered here (in seconds). */
  readonly bdt?: readonly (IpAddress & { readonly mask: string })[]
  readonly fdt?: readonly (IpAddress & { readonly timeToLive: number; readonly remaining: number })[]
  readonly acceptsForeignDevices?: boolean
}

/** BACnetNetworkNumberQuality, BACnetIPMode, BACnetNetworkType and BACnetProtocolLevel (clause 21). */
const qualities = { unknown: 0, learned: 1, 'learned-configured': 2, configured: 3 } as const
const modes = { normal: 0, foreign: 1, bbmd: 2 } as const
const networkTypes = { ipv4: 5, virtual: 7 } as const
const BACNET_APPLICATION = 2

const NO_FAULT = 0
const NOT_KNOWN = '0.0.0.0'

/** A port of a device (12.56): to the IP network, or to the virtual one. A router has one to each. */
export class NetworkPort implements BacnetObject {
  readonly type = objectTypes['network-port']
  readonly device: DeviceModel
  readonly instance: number
  /** Where the device stands on the virtual network; undefined: the port is the IP network's. */
  readonly virtual: NetworkAddress | undefined
  readonly #facts: () => NetworkFacts

  /** `facts` are asked for at each read: they may change while the bridge runs. */
  constructor(device: DeviceModel, facts: () => NetworkFacts, virtual = device.networkAddress) {
    this.device = device
    this.virtual = virtual
    this.instance = virtual === device.networkAddress ? NETWORK_PORT : NETWORK_PORT + 1
    this.#facts = facts
  }

  get name(): string {
    return objectName(this.device.name, 0, this.instance === NETWORK_PORT ? NETWORK_PORT_NAME : VIRTUAL_PORT_NAME)
  }

  get facts(): NetworkFacts {
    return this.#facts()
  }

  get properties(): PropertyTable<NetworkPort> {
    return this.virtual === undefined ? ipTables[this.facts.mode ?? 'normal'] : virtualTable
  }
}

type Row = Property<NetworkPort>

function row(id: keyof typeof propertyIds, required: boolean, read: Row['read']): Row {
  return { id: propertyIds[id], required, read }
}

const address = (id: keyof typeof propertyIds, of: (facts: NetworkFacts) => string): Row =>
  row(id, false, (writer, { facts }) => writer.octetString(ipv4Octets(of(facts))))

/** What is required of every port at Protocol_Revision 22. Nothing here can be written, so no changes ever wait. */
function common(type: keyof typeof networkTypes): readonly Row[] {
  return [
    ...identification(),
    row('description', false, (writer) =>
      writer.characterString(type === 'ipv4' ? 'BACnet/IP' : 'virtual network behind the bridge'),
    ),
    row('status-flags', true, (writer) => writer.bitString(4, () => false)),
    row('reliability', true, (writer) => writer.enumerated(NO_FAULT)),
    row('out-of-service', true, (writer) => writer.boolean(false)),
    row('network-type', true, (writer) => writer.enumerated(networkTypes[type])),
    row('protocol-level', true, (writer) => writer.enumerated(BACNET_APPLICATION)),
    row('network-number', true, (writer, { facts, virtual }) => writer.unsigned(virtual?.network ?? facts.number ?? 0)),
    row('network-number-quality', true, (writer, { facts, virtual }) =>
      writer.enumerated(qualities[virtual === undefined ? (facts.quality ?? 'unknown') : 'configured']),
    ),
    row('changes-pending', true, (writer) => writer.boolean(false)),
    row('mac-address', false, (writer, { facts, virtual }) => writer.octetString(virtual?.mac ?? stationOctets(facts))),
    row('apdu-length', true, (writer) => writer.unsigned(MAX_APDU)),
    // Bits a second; 0: not known.
    row('link-speed', true, (writer) => writer.real(0)),
  ]
}

const ip: readonly Row[] = [
  ...common('ipv4'),
  row('bacnet-ip-mode', false, (writer, { facts }) => writer.enumerated(modes[facts.mode ?? 'normal'])),
  address('ip-address', (facts) => facts.address),
  row('bacnet-ip-udp-port', false, (writer, { facts }) => writer.unsigned(facts.port)),
  address('ip-subnet-mask', (facts) => facts.subnetMask),
  // Datagrams go where the system sends them: which gateway that is, it doesn't tell.
  address('ip-default-gateway', () => NOT_KNOWN),
  {
    id: propertyIds['ip-dns-server'],
    required: false,
    length: ({ facts }) => facts.dnsServers.length,
    read: (writer, { facts }, _downlink, index) =>
      writer.octetString(ipv4Octets(facts.dnsServers[index - 1] ?? NOT_KNOWN)),
  },
]

const foreign: readonly Row[] = [
  row('fd-bbmd-address', false, (writer, { facts }) =>
    writeHostNPort(writer, facts.fdBbmd ?? { address: NOT_KNOWN, port: 0 }),
  ),
  row('fd-subscription-lifetime', false, (writer, { facts }) => writer.unsigned(facts.fdLifetime ?? 0)),
]

const bbmd: readonly Row[] = [
  row('bbmd-accept-fd-registrations', false, (writer, { facts }) =>
    writer.boolean(facts.acceptsForeignDevices ?? false),
  ),
  {
    id: propertyIds['bbmd-broadcast-distribution-table'],
    required: false,
    items: ({ facts }) => facts.bdt?.length ?? 0,
    read(writer, { facts }, _downlink, index) {
      const entry = facts.bdt?.[index - 1]
      if (entry === undefined) return
      writer.opening(0)
      writeHostNPort(writer, entry)
      writer.closing(0).tag(1, true, 4).octets(ipv4Octets(entry.mask))
    },
  },
  {
    id: propertyIds['bbmd-foreign-device-table'],
    required: false,
    items: ({ facts }) => facts.fdt?.length ?? 0,
    read(writer, { facts }, _downlink, index) {
      const entry = facts.fdt?.[index - 1]
      if (entry === undefined) return
      writer.tag(0, true, 6).octets(stationOctets(entry))
      writer.contextUnsigned(1, entry.timeToLive).contextUnsigned(2, entry.remaining)
    },
  },
]

const ipTables: Record<keyof typeof modes, PropertyTable<NetworkPort>> = {
  normal: propertyTable(ip),
  foreign: propertyTable([...ip, ...foreign]),
  bbmd: propertyTable([...ip, ...bbmd]),
}
const virtualTable = propertyTable(common('virtual'))
