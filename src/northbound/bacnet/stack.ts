import type { Point } from '../../core/points/point.ts'
import type { Device, Northbound, NorthboundParts } from '../../core/ports.ts'
import { Throttle } from '../../lib/throttle.ts'
import type { BacnetConfig } from './config.ts'
import { type DeviceCommon, DeviceModel } from './objects/device-model.ts'
import { deviceProperties } from './objects/device-properties.ts'
import { instanceOf } from './placement.ts'
import { Application } from './services/application.ts'
import { ConfirmedSender } from './services/confirmed-sender.ts'
import { CovService } from './services/cov.ts'
import { Discovery } from './services/discovery.ts'
import { readPropertyMultipleService, readPropertyService } from './services/read.ts'
import { readRangeService } from './services/read-range.ts'
import type { Services } from './services/service.ts'
import { writePropertyService } from './services/write.ts'
import { NetworkLayer } from './transport/network.ts'
import { Pacer } from './transport/pacer.ts'
import { SegmentedAnswers } from './transport/segmented-answers.ts'
import { SegmentedRequests } from './transport/segmented-requests.ts'
import { Trends } from './trends.ts'
import { BacnetUplink } from './uplink.ts'
import type { IpAddress } from './wire/bvlc.ts'
import { servicesSupported } from './wire/service.ts'

/** Where datagrams come from and go to. */
export interface DatagramPort {
  /** Resolves with `address:port` once it hears. */
  start(): Promise<string>
  stop(): Promise<void>
  send(datagram: Uint8Array, to: IpAddress): void
  broadcast(datagram: Uint8Array): void
}

export type OpenPort = (received: (datagram: Uint8Array, from: IpAddress) => void) => DatagramPort

/** Every layer of BACnet above its datagrams, put together. */
export function createStack(
  settings: BacnetConfig,
  { clock, log, downlink, notebook, journal, version }: NorthboundParts,
  openPort: OpenPort,
): Northbound {
  const { topology, vendorId } = settings
  const rights = { allowWrites: settings.allowWrites }
  let started = false
  const virtual = new Map<number, DeviceModel>()
  let bridge: DeviceModel | undefined

  const port = openPort((datagram, from) => {
    try {
      network.receive(datagram, from)
    } catch (error) {
      // A mistake of ours, or a store that can't be written: this request stays unanswered, the others go on.
      log.error({ from, stack: error instanceof Error ? error.stack : String(error) }, 'bacnet: request failed')
    }
  })
  const network = new NetworkLayer({
    network: topology === 'virtual' ? settings.network : undefined,
    bridge: () => bridge,
    virtual,
    send: (datagram, to) => port.send(datagram, to),
    broadcast: (datagram) => port.broadcast(datagram),
    deliver: (apdu, from, to, broadcast) => application.receive(apdu, from, to, broadcast),
    log,
  })
  const pacer = new Pacer(clock)
  const confirmed = new ConfirmedSender(clock)
  const reply = network.reply.bind(network)
  const throttle = new Throttle(clock)
  const cov = new CovService({ clock, log, confirmed, throttle, reply })
  const trends = new Trends({ clock, now: () => clock.now(), journal })
  const discovery = new Discovery({ pacer, reply: (device, to, apdu) => reply(device, to, apdu, false) })
  const services: Services = {
    confirmed: new Map([
      ['read-property', readPropertyService(downlink)],
      ['read-property-multiple', readPropertyMultipleService(downlink)],
      ['read-range', readRangeService(downlink)],
      ['write-property', writePropertyService(downlink)],
      ['subscribe-cov', { execute: ({ device, reader, peer }) => cov.subscribe(device, reader, peer) }],
    ]),
    unconfirmed: new Map([
      ['who-is', { execute: (devices, reader, peer) => discovery.whoIs(devices, reader, peer) }],
      ['who-has', { execute: (devices, reader, peer) => discovery.whoHas(devices, reader, peer) }],
    ]),
  }
  const executed = new Set(
    [...services.confirmed.keys(), ...services.unconfirmed.keys()].map((name): number => servicesSupported[name]),
  )
  const common: DeviceCommon = {
    vendorId,
    version,
    now: () => clock.now(),
    notebook,
    properties: deviceProperties({
      subscriptions: cov,
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
    rights,
    log,
    throttle,
    reply: (device, to, apdu) => reply(device, to, apdu, false),
  })
  const uplink = new BacnetUplink(cov, trends)

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
      if (started) announce([model])
    }
    return model
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
      const place = (point: Point, row: number, stride: number) => instanceOf(settings, device, point, row, stride)
      const added = model.addPoints(device, points, place)
      uplink.attach(added)
      trends.attach(added, place)
    },
    detach(device: Device, points?: readonly Point[]) {
      const instance = device.addresses.bacnet
      const isVirtual = topology === 'virtual' && device.charger !== undefined
      const model = isVirtual && instance !== undefined ? virtual.get(instance) : bridge
      if (model === undefined || (isVirtual && model.owner.charger !== device.charger)) return
      const gone = model.removePoints(device, points)
      uplink.detach(gone)
      trends.detach(gone)
      if (!isVirtual || points !== undefined || instance === undefined) return
      virtual.delete(instance)
      answers.forget(model)
      requests.forget(model)
    },
    pointChanged: (point) => uplink.pointChanged(point),
    configure(changed) {
      rights.allowWrites = (changed as BacnetConfig).allowWrites
    },
    async start() {
      const address = await port.start()
      cov.start()
      trends.start()
      network.announceRouter()
      announce([...(bridge === undefined ? [] : [bridge]), ...virtual.values()])
      started = true
      return address
    },
    async stop() {
      pacer.stop()
      cov.stop()
      trends.stop()
      confirmed.stop()
      answers.stop()
      requests.stop()
      await port.stop()
    },
  }
}
