import type { Finding } from '../../core/finding.ts'
import type { Point } from '../../core/points/point.ts'
import type { Listing } from '../../core/ports.ts'
import { withArticle } from '../../lib/article.ts'
import { alarmCondition } from './alarm.ts'
import { bindingOf, countScale, fits, objectTypeOf, type PointObjectType, tellsChanges } from './binding.ts'
import type { BacnetConfig } from './config.ts'
import { notificationClassTitles } from './objects/notification-class.ts'
import { flatProblem, instanceOf, NETWORK_PORT_NAME, objectName, VIEW_NAME, VIRTUAL_PORT_NAME } from './placement.ts'
import { everyText, trendName } from './trend.ts'
import { MAX_INSTANCE, objectKey, objectTypes } from './wire/object-type.ts'

/** What has a name already. */
interface Namesake {
  readonly is: string
  readonly point?: Point
}

/** What can't be shown on BACnet as it is mapped. */
export function check(settings: BacnetConfig, listings: readonly Listing[]): readonly Finding[] {
  const findings: Finding[] = [...ownRecipients(settings, listings)]
  const devices = new Map<number, string>()
  /** Objects of one device; in the flat topology all are in the same. */
  const shared = new Map<number, Point>()
  /** What has each name. */
  const flat = settings.topology === 'flat'
  const names = new Map(flat ? listings.flatMap((listing) => fixedNames(settings, listing)) : [])
  for (const { device, points } of listings) {
    const instance = device.addresses.bacnet
    if (instance === undefined) {
      const { first, last } = settings.instances
      findings.push({
        code: 'bacnet-instance',
        message: `no device instance is left for ${device.name}: bacnet.instances ${first}-${last} has ${last - first + 1}, number ${device.number} is beyond`,
        key: ['bacnet', 'instances'],
      })
      continue
    }
    const other = devices.get(instance)
    if (other !== undefined)
      findings.push({
        code: 'bacnet-instance',
        message: `device instance ${instance} is used by both ${other} and ${device.name}`,
      })
    devices.set(instance, device.name)
    const own = flat ? shared : new Map<number, Point>()
    const taken = flat ? names : new Map(fixedNames(settings, { device, points }))
    for (const point of points) findings.push(...unfit(settings, device, point, own, taken))
  }
  return findings
}

/** Alarms go to the BMS: the bridge and its chargers take none. */
function ownRecipients(settings: BacnetConfig, listings: readonly Listing[]): readonly Finding[] {
  const { device, network, recipients, topology } = settings
  const virtual = topology === 'virtual' ? listings : []
  const owners = new Map(virtual.map(({ device: own }) => [own.addresses.bacnet, own.name]))
  return recipients.flatMap((recipient, index): readonly Finding[] => {
    const key = (name: string) => ['bacnet', 'recipients', index, name]
    const owner = recipient.device === device.instance ? 'the bridge' : owners.get(recipient.device)
    if (recipient.device !== undefined && owner !== undefined) {
      const message = `device ${recipient.device} is ${owner} itself: name the device of the BMS`
      return [{ code: 'bacnet-recipient', message, key: key('device') }]
    }
    if (topology !== 'virtual' || network === undefined || recipient.network !== network) return []
    const message = `network ${network} is that of the chargers behind the bridge: name the one where the BMS is`
    return [{ code: 'bacnet-recipient', message, key: key('network') }]
  })
}

function unfit(
  settings: BacnetConfig,
  device: Listing['device'],
  point: Point,
  taken: Map<number, Point>,
  names: Map<string, Namesake>,
): readonly Finding[] {
  const bound = bindingOf(point)
  if (bound === undefined) return []
  const { row, stride } = bound
  const findings: Finding[] = []
  const add = (code: string, message: string, rival?: Point) =>
    findings.push({ code, message: `${label(point)}: ${message}`, point, rival })
  const reach = (row: number): void => {
    const flat = settings.topology === 'flat' ? flatProblem(point, row) : undefined
    if (flat !== undefined) add('bacnet-range', flat)
    else if (row >= stride)
      add('bacnet-range', `instance ${row} reaches into the next connector: strides.bacnet is ${stride}`)
  }
  const place = (row: number) => instanceOf(settings, device, point, row, stride)
  const call = (name: string): void => {
    const full = objectName(device.name, point.connector, name)
    const namesake = names.get(full)
    if (namesake !== undefined)
      add('bacnet-name', `the name ${name} is that of ${namesake.is} already: choose another`, namesake.point)
    names.set(full, { is: label(point), point })
  }
  reach(row.instance)
  const instance = place(row.instance)
  if (instance > MAX_INSTANCE) add('bacnet-range', `instance ${instance} is beyond ${MAX_INSTANCE}`)
  const key = objectKey(objectTypeOf(row), instance)
  const other = taken.get(key)
  if (other !== undefined) add('bacnet-collision', `${row.object} ${instance} is ${label(other)} already`, other)
  taken.set(key, point)
  call(row.name)
  if (row.trend !== undefined) {
    const { instance: own, every } = row.trend
    if (own !== undefined) reach(own)
    const log = place(own ?? row.instance)
    const logged = taken.get(objectKey(objectTypes['trend-log'], log))
    if (logged !== undefined)
      add(
        'bacnet-collision',
        `trend-log ${log} is that of ${label(logged)} already: write trend: { every: ${everyText(every)}, instance: … } with one that is free`,
        logged,
      )
    taken.set(objectKey(objectTypes['trend-log'], log), point)
    call(trendName(row.name))
  }
  if (!fits(point, row)) add('bacnet-type', `${withArticle(point.definition.type)} can't be ${withArticle(row.object)}`)
  else if (row.object.endsWith('-output') && point.definition.write?.kind !== 'setpoint') {
    add('bacnet-type', 'only limit and availability have the priority array of an output: use a value object')
  } else if (row.object.endsWith('-input') && point.writable)
    add('bacnet-read-only', `can be written, but ${row.object} is read-only: use a value object`)
  if (row.object === 'accumulator' && fits(point, row) && countScale(point.unit) === undefined)
    add('bacnet-type', 'an accumulator counts energy, in Wh, kWh, MWh, varh or kvarh')
  if (row.covIncrement !== undefined && !tellsChanges(row))
    add('bacnet-type', `${withArticle(row.object)} has no covIncrement: nobody can subscribe to it`)
  else if (
    row.covIncrement !== undefined &&
    point.definition.type !== 'number' &&
    point.definition.type !== 'integer'
  ) {
    add('bacnet-type', `${withArticle(point.definition.type)} has no covIncrement`)
  }
  if (row.covInterval !== undefined && !tellsChanges(row))
    add('bacnet-type', `${withArticle(row.object)} has no covInterval: nobody can subscribe to it`)
  if ((row.activeText !== undefined || row.inactiveText !== undefined) && point.definition.type !== 'boolean') {
    add('bacnet-type', `${withArticle(point.definition.type)} has no activeText and inactiveText`)
  }
  const { alarm } = row
  if (alarm !== undefined) {
    const texts =
      point.definition.type === 'boolean' ? [row.inactiveText ?? 'inactive', row.activeText ?? 'active'] : point.states
    const condition = alarmCondition(point, alarm, texts)
    if (!alarmTypes.has(row.object)) add('bacnet-alarm', `${withArticle(row.object)} tells no alarms`)
    else if (condition.kind === 'problem') add('bacnet-alarm', condition.message)
    else if (condition.kind === 'states' && condition.states.length > 1 && point.definition.type === 'boolean')
      add('bacnet-alarm', 'one of the two states of a boolean is the alarm, not both')
  }
  return findings
}

/** What stands beside the objects of points, whatever the mapping says. */
function fixedNames(settings: BacnetConfig, { device, points }: Listing): readonly (readonly [string, Namesake])[] {
  const connectors = new Set([0, ...points.filter(bindingOf).map(({ connector }) => connector)])
  const views = [...connectors].map(
    (connector) => [objectName(device.name, connector, VIEW_NAME), { is: 'the structured view' }] as const,
  )
  // In the flat topology there is one device, and with it one port.
  const hasPort = settings.topology === 'virtual' || device.charger === undefined
  if (!hasPort) return views
  const classes = notificationClassTitles.map(
    (title) => [objectName(device.name, 0, title), { is: 'the notification class' }] as const,
  )
  const ports = [NETWORK_PORT_NAME, VIRTUAL_PORT_NAME].map(
    (name) => [objectName(device.name, 0, name), { is: 'the network port' }] as const,
  )
  return [...views, ...classes, ...ports]
}

/** Objects whose standard knows CHANGE_OF_STATE or OUT_OF_RANGE for them. */
const alarmTypes: ReadonlySet<PointObjectType> = new Set([
  'analog-input',
  'analog-output',
  'analog-value',
  'binary-input',
  'binary-value',
  'multi-state-input',
  'multi-state-value',
])

function label(point: Point): string {
  return `${point.definition.name} of connector ${point.connector}`
}
