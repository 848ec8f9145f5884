import type { Point } from '../../core/points/point.ts'
import type { Device, Northbound, NorthboundParts } from '../../core/ports.ts'
import { Throttle } from '../../lib/throttle.ts'
import type { BacnetConfig } from './config.ts'
import { DeviceModel } from './objects/device-model.ts'
import { deviceProperties } from './objects/device-properties.ts'
import { instanceOf } from './placement.ts'
import { Application } from './services/application.ts'
import { Bindings } from './services/bindings.ts'
import { ConfirmedSender } from './services/confirmed-sender.ts'
import { Conflicts } from './services/conflicts.ts'
import { CovService } from './services/cov.ts'
import { Discovery } from './services/discovery.ts'
import { ReadServices } from './services/read.ts'
import type { OpenPort } from './transport/datagram-port.ts'
import { Pacer } from './transport/pacer.ts'
import { createStation } from './transport/station.ts'
import { BacnetUplink } from './uplink.ts'
import { writeWhoIs } from './wire/service/who-is.ts'
import { Writer } from './wire/writer.ts'

/** Every layer of BACnet above its datagrams, put together. */
export function createStack(
  settings: BacnetConfig,
  { clock, log, downlink, version }: NorthboundParts,
  openPort: OpenPort,
): Northbound {
  const { topology, vendorId } = settings
  const rights = { allowWrites: settings.allowWrites }
  let started = false
  const common = { vendorId, version, now: () => clock.now() }
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
  const { messages, network } = station
  const pacer = new Pacer(clock)
  const confirmed = new ConfirmedSender(clock)
  const reply = network.reply.bind(network)
  const cov = new CovService({ clock, log, confirmed, throttle, reply })
  const deviceTable = deviceProperties((writer, device) => cov.writeSubscriptions(writer, device))
  const ask = new Writer(16)
  const whoIs = (low: number, high: number) => {
    writeWhoIs(ask.reset(), { low, high })
    if (bridge !== undefined) network.broadcast(bridge, ask, true)
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
  const discovery = new Discovery({
    pacer,
    reply: (device, to, apdu) => {
      if (!conflicts.holds(device.instance)) reply(device, to, apdu, false)
    },
  })
  const application = new Application({
    reads: new ReadServices({ downlink, deviceTable }),
    cov,
    discovery,
    confirmed,
    iAm: ({ instance }, from) => {
      conflicts.iAm(instance, from)
      bindings.heard(instance, from)
    },
    deviceTable,
    downlink,
    rights,
    log,
    throttle,
    reply: (device, to, apdu) => reply(device, to, apdu, false),
  })
  const uplink = new BacnetUplink(cov)

  /** The device that shows a device's points: in the flat topology the bridge's own, for all. */
  function modelOf(device: Device): DeviceModel | undefined {
    if (device.charger === undefined) {
      bridge ??= new DeviceModel(device, settings.device.instance, common)
      return bridge
    }
    if (topology === 'flat') return bridge
    const instance = device.addresses.bacnet
    if (instance === undefined) return undefined
    let model = virtual.get(instance)
    if (model === undefined) {
      model = new DeviceModel(device, instance, common, settings.network)
      virtual.set(instance, model)
      if (started) conflicts.check([instance])
    }
    return model
  }

  function shown(): readonly DeviceModel[] {
    return [...(bridge === undefined ? [] : [bridge]), ...virtual.values()]
  }

  /** Says to everybody that these devices are there. */
  function announce(devices: readonly DeviceModel[]): void {
    pacer.send(
      `announce ${devices[0]?.instance}`,
      devices.map((device) => () => network.broadcast(device, discovery.iAm(device))),
    )
  }

  return {
    name: 'bacnet',
    attach(device: Device, points: readonly Point[]) {
      const model = modelOf(device)
      if (model === undefined) return
      uplink.attach(model.add(device, points, (point, row, stride) => instanceOf(settings, device, point, row, stride)))
    },
    detach(device: Device, points?: readonly Point[]) {
      const instance = device.addresses.bacnet
      const isVirtual = topology === 'virtual' && device.charger !== undefined
      const model = isVirtual && instance !== undefined ? virtual.get(instance) : bridge
      if (model === undefined || (isVirtual && model.device.charger !== device.charger)) return
      uplink.detach(model.remove(device, points))
      if (isVirtual && points === undefined && instance !== undefined) {
        virtual.delete(instance)
        conflicts.forget(instance)
      }
    },
    pointChanged: (point) => uplink.pointChanged(point),
    configure(changed) {
      rights.allowWrites = (changed as BacnetConfig).allowWrites
    },
    async start() {
      const address = await station.start()
      cov.start()
      conflicts.check(shown().map(({ instance }) => instance))
      started = true
      return address
    },
    async stop() {
      started = false
      conflicts.stop()
      bindings.stop()
      pacer.stop()
      cov.stop()
      confirmed.stop()
      await station.stop()
    },
  }
}
