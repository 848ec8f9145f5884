import type { Point } from '../../core/points/point.ts'
import type { Device, Northbound, NorthboundParts } from '../../core/ports.ts'
import { Throttle } from '../../lib/throttle.ts'
import { alarmClassNames } from './alarm.ts'
import type { BacnetConfig } from './config.ts'
import { networkFacts } from './network-facts.ts'
import { type DeviceCommon, DeviceModel, virtualAddress } from './objects/device-model.ts'
import { deviceProperties } from './objects/device-properties.ts'
import { NetworkPort } from './objects/network-port.ts'
import { NotificationClass } from './objects/notification-class.ts'
import { Pages } from './objects/pages.ts'
import { PointObject } from './objects/point-object.ts'
import { StructuredViews } from './objects/structured-views.ts'
import { instanceOf } from './placement.ts'
import { destinationsOf } from './recipients.ts'
import { Alarms } from './services/alarms.ts'
import { Application } from './services/application.ts'
import { Bindings } from './services/bindings.ts'
import { BuildingTime } from './services/building-time.ts'
import { ConfirmedSender } from './services/confirmed-sender.ts'
import { Conflicts } from './services/conflicts.ts'
import { CovService } from './services/cov.ts'
import { Discovery } from './services/discovery.ts'
import { Initiative } from './services/initiative.ts'
import { objectTarget } from './services/noted-write.ts'
import { Notifier } from './services/notifier.ts'
import { servicesOf } from './services/services.ts'
import { Trends } from './services/trends.ts'
import type { OpenPort } from './transport/datagram-port.ts'
import { Pacer } from './transport/pacer.ts'
import { SegmentedAnswers } from './transport/segmented-answers.ts'
import { SegmentedRequests } from './transport/segmented-requests.ts'
import { createStation } from './transport/station.ts'
import { BacnetUplink } from './uplink.ts'
import { writeWhoIs } from './wire/service/who-is.ts'
import { servicesSupported } from './wire/service.ts'
import { Writer } from './wire/writer.ts'

/** BACnet as the gateway sees it, and what it shows. */
export interface Stack extends Northbound {
  /** Every device with all its objects: the bridge's own first. */
  devices(): readonly DeviceModel[]
}

/** Every layer of BACnet above its datagrams, put together. */
export function createStack(
  settings: BacnetConfig,
  { clock, log, downlink, keeping, notebook, journal, restart, version }: NorthboundParts,
  openPort: OpenPort,
): Stack {
  const { topology, vendorId } = settings
  // One object for all who look at it, so that a change of the config is seen by all of them at once.
  const live = liveSettings(settings)
  let started = false
  const virtual = new Map<number, DeviceModel>()
  let bridge: DeviceModel | undefined

  const throttle = new Throttle(clock)
  const station = createStation({
    settings,
    clock,
    log,
    throttle,
    openPort,
    bridge: () => bridge,
    virtual,
    deliver: (apdu, from, to, broadcast) => application.receive(apdu, from, to, broadcast),
    mayAnnounce: () => !conflicts.holdsNetwork,
    routerHeard: (heard, from) => conflicts.routerHeard(heard, from),
    joined: () => conflicts.checkAgain(shown().map(({ instance }) => instance)),
  })
  const { messages, network, routes } = station
  const pacer = new Pacer(clock)
  // Whoever asks and asks who is there fills the other one: no alarm waits behind that, or finds no room.
  const letters = new Pacer(clock)
  const confirmed = new ConfirmedSender(clock)
  const reply = network.reply.bind(network)
  const ask = new Writer(16)
  const whoIs = (low: number, high: number) => {
    writeWhoIs(ask.reset(), { low, high })
    if (bridge !== undefined && initiative.has(bridge)) network.broadcast(bridge, ask, true)
  }
  const conflicts = new Conflicts({
    clock,
    log,
    network: topology === 'virtual' ? settings.network : undefined,
    isOurs: (instance) => bridge?.instance === instance || virtual.has(instance),
    isVirtual: (instance) => virtual.has(instance),
    askDevices: whoIs,
    askRouter: (wanted) => messages.askRouter(wanted),
    announceDevices: (instances) => {
      const free = new Set(instances)
      announce(shown().filter(({ instance }) => free.has(instance)))
    },
    announceRouter: () => messages.announceRouter(),
  })
  const bindings = new Bindings({ clock, ask: (instance) => whoIs(instance, instance) })
  const initiative = new Initiative(clock)
  const time = new BuildingTime({
    clock,
    log,
    throttle,
    mostMs: () => live.timeSync,
    changed: (ms) => trends.clockSet(ms / 1000),
  })
  const now = () => time.now()
  const trends = new Trends({ clock, now, journal })
  const notifier = new Notifier({
    clock,
    log,
    throttle,
    confirmed,
    pacer: letters,
    initiative,
    bindings,
    routes,
    now,
    reply,
    broadcast: (device, apdu, everywhere, priority) => network.broadcast(device, apdu, everywhere, priority),
  })
  const cov = new CovService({ clock, log, confirmed, initiative, downlink, throttle, reply })
  const alarms = new Alarms({ clock, log, now, notifier, flagsChanged: (object) => cov.changed(object) })
  const discovery = new Discovery({
    pacer,
    reply: (device, to, apdu) => {
      if (!conflicts.holds(device.instance)) reply(device, to, apdu, false)
    },
  })
  const services = servicesOf({
    downlink,
    cov,
    alarms,
    discovery,
    time,
    management: {
      password: () => live.password,
      initiative,
      downlink,
      restart: () => (live.allowRestart ? restart : undefined),
      log,
      throttle,
    },
    heard(instance, from) {
      conflicts.iAm(instance, from)
      bindings.heard(instance, from)
    },
  })
  const executed = new Set(
    [...services.confirmed.keys(), ...services.unconfirmed.keys()].map((name): number => servicesSupported[name]),
  )
  const common: DeviceCommon = {
    vendorId,
    version,
    now,
    pages: new Pages(notebook, log),
    written(object, property, value, writer) {
      const { client } = writer
      const fields = { client, charger: object.charger?.id, object: object.name, property, value }
      log.info(fields, `${property} of ${object.name}: ${value}, by ${client}`)
      const target = objectTarget(object)
      downlink.noted({ ...target, point: `${target.point} ${property}` }, writer, { value, result: 'accepted' })
      if (object instanceof PointObject) alarms.changed(object)
    },
    properties: deviceProperties({
      subscriptions: cov,
      bindings: () => bindings.entries(),
      executes: (bit) => executed.has(bit),
    }),
  }
  const answers = new SegmentedAnswers({ clock, reply })
  const requests = new SegmentedRequests({ clock, reply })
  const application = new Application({
    services,
    confirmed,
    answers,
    requests,
    downlink,
    keeping,
    rights: live,
    log,
    throttle,
    reply: (device, to, apdu) => reply(device, to, apdu, false),
  })
  const uplink = new BacnetUplink(cov, alarms, trends)
  const views = new StructuredViews(topology)
  const facts = networkFacts(settings, station, clock)

  /** The device that shows a device's points: in the flat topology the bridge's own, for all. */
  function modelOf(device: Device): DeviceModel | undefined {
    if (device.charger === undefined) {
      if (bridge === undefined) {
        const { instance } = settings.device
        bridge = furnished(new DeviceModel(device, instance, common))
        if (topology === 'virtual' && settings.network !== undefined)
          bridge.add([new NetworkPort(bridge, facts, virtualAddress(settings.network, instance))])
      }
      return bridge
    }
    if (topology === 'flat') return bridge
    const instance = device.addresses.bacnet
    if (instance === undefined) return undefined
    let model = virtual.get(instance)
    if (model === undefined) {
      model = furnished(new DeviceModel(device, instance, common, settings.network))
      virtual.set(instance, model)
      if (started) conflicts.check([instance])
    }
    return model
  }

  /** A device with the objects that each has, whatever points it shows. */
  function furnished(model: DeviceModel): DeviceModel {
    model.add([
      new NetworkPort(model, facts),
      ...alarmClassNames.map(
        (name) => new NotificationClass(model, name, (own) => destinationsOf(live.recipients, own)),
      ),
    ])
    return model
  }

  function shown(): readonly DeviceModel[] {
    return [...(bridge === undefined ? [] : [bridge]), ...virtual.values()]
  }

  /** Says to everybody that these devices are there. */
  function announce(devices: readonly DeviceModel[]): void {
    pacer.send(
      `announce ${devices[0]?.instance}`,
      devices
        .filter((device) => initiative.has(device))
        .map((device) => () => network.broadcast(device, discovery.iAm(device))),
    )
  }

  return {
    name: 'bacnet',
    devices: shown,
    attach(device: Device, points: readonly Point[]) {
      const model = modelOf(device)
      if (model === undefined) return
      const place = (point: Point, row: number, stride: number) => instanceOf(settings, device, point, row, stride)
      const added = model.addPoints(device, points, place)
      uplink.attach(added)
      trends.attach(added, place)
      views.follow(model, device)
    },
    detach(device: Device, points?: readonly Point[]) {
      const instance = device.addresses.bacnet
      const isVirtual = topology === 'virtual' && device.charger !== undefined
      const model = isVirtual && instance !== undefined ? virtual.get(instance) : bridge
      if (model === undefined || (isVirtual && model.owner.charger !== device.charger)) return
      const gone = model.removePoints(device, points)
      uplink.detach(gone)
      trends.detach(gone)
      if (points === undefined) views.leave(model, device)
      else views.follow(model, device)
      if (!isVirtual || points !== undefined || instance === undefined) return
      virtual.delete(instance)
      conflicts.forget(instance)
      initiative.give(model)
      answers.forget(model)
      requests.forget(model)
    },
    pointChanged: (point) => uplink.pointChanged(point),
    configure(changed) {
      Object.assign(live, liveSettings(changed as BacnetConfig))
    },
    async start() {
      const address = await station.start()
      cov.start()
      alarms.start()
      trends.start()
      conflicts.check(shown().map(({ instance }) => instance))
      started = true
      return address
    },
    async stop() {
      started = false
      for (const part of [
        conflicts,
        bindings,
        notifier,
        alarms,
        trends,
        initiative,
        pacer,
        letters,
        cov,
        confirmed,
        answers,
        requests,
      ])
        part.stop()
      await station.stop()
    },
  }
}

/** What of the config is taken up while the bridge runs. */
function liveSettings({ allowRestart, allowWrites, password, recipients, timeSync }: BacnetConfig) {
  return { allowRestart, allowWrites, password, recipients, timeSync }
}
