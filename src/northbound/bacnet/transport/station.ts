import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import type { BacnetConfig } from '../config.ts'
import { Bbmd } from './bbmd.ts'
import type { DatagramPort, OpenPort } from './datagram-port.ts'
import { FairShare } from './fair.ts'
import { ForeignDevice } from './foreign-device.ts'
import { Link } from './link.ts'
import { NetworkLayer, type NetworkParts } from './network.ts'
import { NetworkMessages, type NetworkMessagesParts } from './network-messages.ts'
import { NetworkNumber } from './network-number.ts'
import { Routes } from './routes.ts'

export interface StationParts
  extends Pick<NetworkParts, 'bridge' | 'virtual' | 'deliver'>,
    Pick<NetworkMessagesParts, 'mayAnnounce' | 'routerHeard'> {
  readonly settings: BacnetConfig
  readonly clock: Clock
  readonly log: Log
  readonly throttle: Throttle
  readonly openPort: OpenPort
  /** A BBMD has taken the bridge as a foreign device for the first time. */
  readonly joined: () => void
}

/** The bridge as a station of the BACnet/IP network: its port, the data link, the network layer and what it knows of both. */
export interface Station {
  /** Resolves with `address:port`. */
  start(): Promise<string>
  stop(): Promise<void>
  readonly port: DatagramPort
  readonly network: NetworkLayer
  readonly messages: NetworkMessages
  readonly routes: Routes
  readonly number: NetworkNumber
  readonly bbmd: Bbmd | undefined
  readonly foreignDevice: ForeignDevice | undefined
}

export function createStation(parts: StationParts): Station {
  const { clock, deliver, joined, log, mayAnnounce, openPort, routerHeard, settings, throttle } = parts
  const virtualNetwork = settings.topology === 'virtual' ? settings.network : undefined
  const fair = new FairShare({ clock, log, throttle })
  const port = openPort((datagram, from, toAll = false) => {
    if (!fair.admit(from.address)) return
    const began = clock.steady()
    try {
      link.receive(datagram, from, toAll)
    } catch (error) {
      // A mistake of ours, or a store that can't be written: this request stays unanswered, the others go on.
      const stack = error instanceof Error ? error.stack : String(error)
      const missed = throttle.pass(`failed ${stack}`)
      if (missed !== undefined) log.error({ from, stack, missed }, 'bacnet: request failed')
    }
    fair.spent(from.address, clock.steady() - began)
  })
  const send: DatagramPort['send'] = (datagram, to) => port.send(datagram, to)
  const broadcast: DatagramPort['broadcast'] = (datagram) => port.broadcast(datagram)
  const isOwn: DatagramPort['isOwn'] = (station) => port.isOwn(station)
  const own = () => port.own()

  const foreignDevice =
    settings.foreignDevice && new ForeignDevice({ settings: settings.foreignDevice, clock, log, send, own, joined })
  const bbmd = settings.bbmd && new Bbmd({ ...settings.bbmd, own, isOwn, clock, log, throttle, send, broadcast })
  const link = new Link({
    port: { send, broadcast, isOwn, isEverybody: (address) => port.isEverybody(address) },
    bbmd,
    foreignDevice,
    deliver: (npdu, from, toAll) => network.receive(npdu, from, toAll),
  })
  const number = new NetworkNumber({ configured: settings.ipNetwork, virtual: virtualNetwork, log, throttle })
  const routes = new Routes({
    clock,
    ask: (wanted) => messages.askRouter(wanted),
    isOwn: (known) => known === virtualNetwork || known === number.current,
  })
  const messages = new NetworkMessages({
    clock,
    network: virtualNetwork,
    number,
    routes,
    mayAnnounce,
    routerHeard,
    send: (message, data, to) => network.send(message, data, to),
  })
  const network = new NetworkLayer({
    network: virtualNetwork,
    number,
    messages,
    bridge: parts.bridge,
    virtual: parts.virtual,
    isOwn,
    send: (datagram, to) => link.send(datagram, to),
    broadcast: (datagram) => link.broadcast(datagram),
    deliver,
    seen: (from, router) => routes.seen(from, router),
    log,
  })

  return {
    async start() {
      const address = await port.start()
      foreignDevice?.start()
      if (number.quality === 'unknown') messages.askNumber()
      return address
    },
    async stop() {
      foreignDevice?.stop()
      routes.stop()
      messages.stop()
      await port.stop()
    },
    port,
    network,
    messages,
    routes,
    number,
    bbmd,
    foreignDevice,
  }
}
