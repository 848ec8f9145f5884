import { bibbs, gatewayBibbs, options } from '../../src/northbound/bacnet/capabilities.ts'
import { config } from '../../src/northbound/bacnet/config.ts'
import { stillDevices, stillDownlink } from '../../src/northbound/bacnet/ede/still-stack.ts'
import type { BacnetObject } from '../../src/northbound/bacnet/objects/bacnet-object.ts'
import type { DeviceModel } from '../../src/northbound/bacnet/objects/device-model.ts'
import { propertyOf, readProperty } from '../../src/northbound/bacnet/objects/property.ts'
import { GRACE_MS } from '../../src/northbound/bacnet/transport/foreign-device.ts'
import { MAX_APDU, MAX_SEGMENTS, WINDOW_SIZE } from '../../src/northbound/bacnet/transport/limits.ts'
import { objectTypes } from '../../src/northbound/bacnet/wire/object-type.ts'
import { propertyIds } from '../../src/northbound/bacnet/wire/property-id.ts'
import { Reader } from '../../src/northbound/bacnet/wire/reader.ts'
import { confirmedServices, servicesSupported, unconfirmedServices } from '../../src/northbound/bacnet/wire/service.ts'
import { readApplication } from '../../src/northbound/bacnet/wire/value.ts'
import { Writer } from '../../src/northbound/bacnet/wire/writer.ts'
import { site } from '../unit/mapping/site.ts'

/** Every kind of object that a mapping can ask for, with alarms and without, commandable and not. */
const mapping = `mapping: every
charger:
  - { point: online, bacnet: { object: binary-input, instance: 1, name: A, alarm: { class: communication, values: [inactive] }, activeText: active, inactiveText: inactive } }
  - { point: availability, bacnet: { object: binary-output, instance: 1, name: B } }
  - { point: smartCharging.enable, bacnet: { object: binary-value, instance: 1, name: C } }
  - { point: power, unit: kW, bacnet: { object: analog-input, instance: 1, name: D, alarm: { class: limits, high: 10 } } }
  - { point: limit, unit: A, bacnet: { object: analog-output, instance: 1, name: E, alarm: { class: limits, high: 10 } } }
  - { point: limit, unit: A, bacnet: { object: analog-value, instance: 1, name: F, alarm: { class: limits, high: 10 } } }
  - { point: limit, unit: A, bacnet: { object: large-analog-value, instance: 1, name: G } }
  - { point: availability, bacnet: { object: binary-value, instance: 2, name: H, alarm: { class: charger, values: [inactive] }, activeText: active, inactiveText: inactive } }
  - { point: status, bacnet: { object: multi-state-input, instance: 1, name: I, alarm: { class: charger, values: [Faulted] } } }
  - { point: registration, bacnet: { object: multi-state-value, instance: 1, name: J } }
  - { point: status, bacnet: { object: multi-state-value, instance: 2, name: K, alarm: { class: charger, values: [Faulted] } } }
  - { point: vendor, bacnet: { object: characterstring-value, instance: 1, name: L } }
  - { point: connectors, bacnet: { object: positive-integer-value, instance: 1, name: M } }
  - { point: energy, unit: Wh, bacnet: { object: accumulator, instance: 1, name: N } }
`

const typeNames = new Map<number, string>(Object.entries(objectTypes).map(([name, type]) => [type, name]))
const propertyNames = new Map<number, string>(Object.entries(propertyIds).map(([name, id]) => [id, name]))

/** Everything that can be switched on; the last two exclude each other. */
const everything = {
  listen: '127.0.0.1:47808',
  device: { instance: 4000 },
  network: 2000,
  password: 'secret',
  allowRestart: true,
} as const
const modes = [
  everything,
  { ...everything, foreignDevice: { bbmd: '127.0.0.7' } },
  { ...everything, bbmd: { peers: ['127.0.0.7'], foreignDevices: true } },
]

/** The devices of a bridge in each of its modes: every kind of object, and whatever the fullest mapping has. */
function devices(): readonly DeviceModel[] {
  const { listings, problems } = site(
    `site: Site
bacnet: { device: { instance: 4000 }, network: 2000 }
chargers:
  - { id: A, mapping: every, connectors: 1, electrical: { maxCurrent: 32 } }
  - { id: B, mapping: full, connectors: 1, electrical: { maxCurrent: 32 } }`,
    { every: mapping },
  )
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'))
  return modes.flatMap((mode) => stillDevices(config.parse(mode), listings, { site: 'Site', version: '1', at: 0 }))
}

interface ShownProperty {
  required: boolean
  written: boolean
}

export interface Shown {
  /** By object type, its properties in the order in which they are listed. */
  readonly objects: ReadonlyMap<string, ReadonlyMap<string, ShownProperty>>
  /** Services that Protocol_Services_Supported tells of. */
  readonly executed: ReadonlySet<string>
  /** Types that Protocol_Object_Types_Supported tells of. */
  readonly types: ReadonlySet<string>
}

/** What the code itself says of its devices. */
export function shownByCode(): Shown {
  const all = devices()
  const objects = new Map<string, Map<string, ShownProperty>>()
  for (const object of all.flatMap((device): readonly BacnetObject[] => [device, ...device.order])) {
    const type = typeNames.get(object.type) ?? ''
    const known = objects.get(type) ?? new Map<string, ShownProperty>()
    objects.set(type, known)
    for (const id of object.properties.keys()) {
      const property = propertyOf(object, id)
      const { required, write, writeOctets } = property
      const name = propertyNames.get(id) ?? String(id)
      const written = write !== undefined || writeOctets !== undefined
      const before = known.get(name)
      known.set(name, { required: required || before?.required === true, written: written || before?.written === true })
    }
  }
  const [bridge] = all
  if (bridge === undefined) throw new Error('no device')
  const services = bits(bridge, propertyIds['protocol-services-supported'])
  const types = bits(bridge, propertyIds['protocol-object-types-supported'])
  return {
    objects,
    executed: new Set(Object.entries(servicesSupported).flatMap(([name, bit]) => (services[bit] ? [name] : []))),
    types: new Set([...typeNames].flatMap(([type, name]) => (types[type] ? [name] : []))),
  }
}

function bits(device: DeviceModel, property: number): readonly boolean[] {
  const writer = new Writer()
  readProperty(writer, device, stillDownlink, property, undefined)
  const value = readApplication(new Reader(writer.finish()))
  return value.type === 'bit-string' ? value.value : []
}

const spelled: Readonly<Record<string, string>> = {
  apdu: 'APDU',
  bacnet: 'BACnet',
  bbmd: 'BBMD',
  cov: 'COV',
  dns: 'DNS',
  fd: 'FD',
  ip: 'IP',
  mac: 'MAC',
  udp: 'UDP',
  utc: 'UTC',
}

/** `present-value` as the standard spells it, its words joined by `between`. */
function words(name: string, between: string): string {
  return name
    .split('-')
    .map((word) => spelled[word] ?? `${word[0]?.toUpperCase()}${word.slice(1)}`)
    .join(between)
}

/** `read-property` as ReadProperty, but Who-Is as Who-Is. */
function serviceName(name: string): string {
  return words(name, /^(who|i)-/.test(name) ? '-' : '')
}

/** When Present_Value can be written. */
function presentValue(type: string): string {
  if (type.endsWith('-output')) return 'Present_Value'
  return type.endsWith('-value')
    ? 'Present_Value, where the point can be written'
    : 'Present_Value, while Out_Of_Service'
}

function objectSection([type, properties]: readonly [string, ReadonlyMap<string, ShownProperty>]): string {
  const names = (wanted: (property: ShownProperty) => boolean) =>
    [...properties].filter(([, property]) => wanted(property)).map(([name]) => name)
  const list = (found: readonly string[]) => found.map((name) => words(name, '_')).join(', ')
  const written = names((property) => property.written)
  const always = list(written.filter((name) => name !== 'present-value'))
  const all = [...(written.includes('present-value') ? [presentValue(type)] : []), ...(always === '' ? [] : [always])]
  return `### ${words(type, ' ').replace('Multi State', 'Multi-state')}

- Required: ${list(names(({ required }) => required))}
- Optional: ${list(names(({ required }) => !required))}
- Written: ${all.length === 0 ? 'none' : all.join('; ')}`
}

/** docs/conformance/bacnet.md as the code says it. */
export function picsPage({ executed, objects }: Shown): string {
  const initiated = new Set<string>(bibbs.flatMap(({ initiates = [] }) => initiates))
  const services = [...new Set([...Object.keys(confirmedServices), ...Object.keys(unconfirmedServices)])].filter(
    (name) => executed.has(name) || initiated.has(name),
  )
  const optional = ['device-communication-control', 'reinitialize-device']
  const bibbRows = bibbs.map(({ condition, name, tests, title }) => {
    const proofs = tests.map(([file, test]) => `\`${file}\`: ${test}`).join('<br>')
    return `| ${name} | ${title} | ${condition ?? ''} | ${proofs} |`
  })
  const serviceRows = services.map((name) => {
    const executes = executed.has(name) ? (optional.includes(name) ? 'with `bacnet.password`' : 'yes') : ''
    return `| ${serviceName(name)} | ${initiated.has(name) ? 'yes' : ''} | ${executes} |`
  })
  const bullets = (items: readonly string[]) => items.map((item) => `- ${item}`).join('\n')
  return `# Conformance to BACnet

ANSI/ASHRAE Standard 135-2020, Protocol_Revision 22. This page is generated from the code
(\`UPDATE=1 npx vitest run --config .vitest.config.ts test/docs/bacnet.test.ts\` writes it again), and a test holds it to the code: what the devices say of
themselves, and that every test that is named here exists. It is a statement of the implementation, not a certificate: no laboratory has seen the bridge.

## Interoperability building blocks

The profile is B-GW (annex L.7), which asks for ${gatewayBibbs.slice(0, -2).join(', ')} and one of ${gatewayBibbs.slice(-2).join(' and ')}. The files are below \`test/\`.

| BIBB | What it is | Needs | Proved by |
| --- | --- | --- | --- |
${bibbRows.join('\n')}

## Protocol implementation conformance statement

- Product: ocpp-bms-bridge, a gateway to ${options.gateway}
- Vendor identifier: \`bacnet.vendorId\`; 555, the default, is nobody's
- Standardized device profile: BACnet Gateway (B-GW)

The bridge's own device and the virtual devices of the chargers are built of the same parts: all that follows is true of both. The virtual ones have a network port of type VIRTUAL.

### Segmentation

Segmented requests and segmented responses, window size ${WINDOW_SIZE}; the largest APDU is ${MAX_APDU} octets, the longest message ${MAX_SEGMENTS} segments of that size.

### Services

| Service | Initiates | Executes |
| --- | --- | --- |
${serviceRows.join('\n')}

### Data link layer options

${bullets(options.dataLink)}

Device address binding: none is static; recipients of alarms are found by Who-Is.

### Networking options

${bullets(options.networking)}

A registration ends ${GRACE_MS / 1000} s after its time to live. There is no BACnet Secure Connect.

### Character sets

Written: ${options.characterSets.join(', ')}. Understood in what is written to the bridge as well: ${options.readCharacterSets.join(', ')}.

## Where it differs on purpose

- The end of a fault is told only where the fault was: with to-fault left out of Event_Enable, as in the shipped mappings, FAULT to NORMAL is not notified. A charger that is away makes all its objects unreliable; \`online\` tells it once.
- DeviceCommunicationControl and ReinitializeDevice are executed only with \`bacnet.password\` in the configuration. DISABLE is refused, as it is at this revision.
- TimeSynchronization is taken only from addresses that may write, and only within \`bacnet.timeSync\` of the machine's clock.
- A broadcast distribution table is not written over the network: it is that of the configuration.

## Object types

No object is created or deleted by CreateObject or DeleteObject: what there is follows from the configuration. There are no proprietary properties. Required are those that the standard requires
in any case (REQUIRED of ReadPropertyMultiple); an optional one is there where the object has a use for it: the priority array of a limit, the event properties of a row with an alarm,
BBMD and foreign device as configured.

${[...objects]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(objectSection)
  .join('\n\n')}
`
}
