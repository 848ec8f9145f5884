import type { Charger } from '../../core/charger/charger.ts'
import { type History, noHistory } from '../../core/history.ts'
import type { ChargerDoor, ChargerLink, HandCall, Southbound, Store } from '../../core/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { ListenAddress } from '../../lib/schema.ts'
import { Throttle } from '../../lib/throttle.ts'
import { Signer } from './certificates/signer.ts'
import { check } from './check.ts'
import { config, type OcppConfig } from './config.ts'
import { Credentials } from './credentials.ts'
import { hashTag } from './hash-tag.ts'
import type { Answered } from './session/session.ts'
import { readLists, tagFiles } from './tags.ts'
import type { Knock } from './transport/knock.ts'
import { ChargerServer, type ServerParts } from './transport/server.ts'
import { unfit } from './v16/by-hand.ts'
import { Conversation } from './v16/conversation.ts'
import type { Payload } from './wire/frame.ts'

interface Parts {
  readonly door: ChargerDoor
  readonly clock: Clock
  readonly log: Log
  readonly store: Store
  /** Told every message of every charger; absent: nobody is. */
  readonly history?: History
  /** Where relative paths of the config start; by default where the program runs. */
  readonly folder?: string
}

function create(initial: OcppConfig, own: Parts): Southbound {
  const { door, clock, log, store, history = noHistory, folder = '.' } = own
  const { listen, tls } = initial
  const tell = teller(clock, log)
  const credentials = new Credentials(store, log, { tls: tls !== undefined, clientCa: tls?.clientCa !== undefined })
  let signer: Signer | undefined
  const sign = (charger: Charger, csr: string): Promise<string | undefined> | undefined => {
    if (signer !== undefined) return signer.sign(charger, csr)
    log.warn({ charger: charger.id }, 'its request for a certificate is refused: there is no ocpp.tls.chargerCa')
    return undefined
  }
  /** A charger's link is its conversation; core sees no more of it than the link. */
  const talks = new WeakMap<ChargerLink, Conversation>()
  // One object for all who look at it, so that a change of the config is seen by all of them.
  const settings = { ...initial }
  const shownTag = (idTag: string) => (settings.shareIdTags ? idTag : hashTag(idTag))
  const parts: ServerParts = {
    ...settings,
    tls: tls && { ...tls, folder },
    door,
    clock,
    log,
    throttle: new Throttle(clock),
    converse: (charger, send, close, { address, path, subprotocol }) => {
      const subprotocols = subprotocol === undefined ? [] : [subprotocol]
      door.knocked({ identifier: charger.id, address, path, subprotocols, reason: undefined })
      const talk = new Conversation({
        ...{ door, charger, send, close, clock, log, history, shownTag, settings, sign },
        keeping: store.keeping,
      })
      talks.set(talk, talk)
      return talk
    },
    passwords: (charger) => credentials.passwords(charger),
    profiles: (charger) => credentials.profiles(charger),
    entered: (charger, by) => credentials.entered(charger, by),
    turnedAway(knock) {
      tell(knock)
      const { identifier, address, path, subprotocols, reason } = knock
      // Who has no identifier can't be adopted.
      if (identifier !== undefined && reason !== 'no-identifier')
        door.knocked({ identifier, address, path, subprotocols, reason })
    },
  }
  const server = new ChargerServer(parts)
  return {
    start: async () => {
      if (tls?.chargerCa !== undefined) {
        const { validFor, ...files } = tls.chargerCa
        signer = await Signer.load({ files: { ...files, folder }, validFor, door, clock, log })
      }
      await server.start()
      const plain = urlOf('ws', listen, server.port)
      return tls === undefined ? plain : `${plain},${urlOf('wss', tls.listen, server.tlsPort ?? tls.listen.port)}`
    },
    stop: () => server.stop(),
    configure(changed) {
      const live: OcppConfig = { ...(changed as OcppConfig), listen, tls }
      Object.assign(settings, live)
      const { pingInterval, requireSubprotocol, silenceTimeout } = live
      Object.assign(parts, { pingInterval, requireSubprotocol, silenceTimeout })
    },
    async call(charger, action, payload) {
      const problem = unfit(action, payload)
      if (problem !== undefined) return { kind: 'unfit', ...problem }
      const talk = charger.link && talks.get(charger.link)
      if (talk === undefined || !charger.ready) return { kind: 'away' }
      const { key, value } = payload as Payload
      const takeBack =
        action === 'ChangeConfiguration' ? credentials.telling(charger, String(key), String(value)) : () => {}
      const answered = await talk.callByHand(action, payload as Payload)
      const outcome = outcomeOf(answered)
      if (isRefused(outcome)) takeBack()
      return outcome
    },
  }
}

function outcomeOf(answered: Answered): HandCall {
  switch (answered.kind) {
    case 'result':
      return { kind: 'answer', payload: answered.payload }
    case 'error':
      return answered
    case 'none':
      return { kind: 'none' }
  }
}

/** The charger did not take what it was told; one that gave no answer may have. */
function isRefused(outcome: HandCall): boolean {
  if (outcome.kind === 'answer') return !/^(Accepted|RebootRequired)$/i.test(String(outcome.payload.status))
  return outcome.kind === 'error'
}

/** Says who was turned away and why; of those that come again and again, one a minute. */
function teller(clock: Clock, log: Log): (knock: Knock) => void {
  const throttle = new Throttle(clock)
  return ({ detail, address: from, ...knock }) => {
    // Whoever got no further than TLS has no identifier: there the words tell one from another.
    const missed = throttle.pass(`${knock.reason} ${from} ${knock.identifier ?? detail}`)
    if (missed !== undefined) log.warn({ from, ...knock, missed }, `charger turned away: ${detail}`)
  }
}

function urlOf(scheme: 'ws' | 'wss', { host }: ListenAddress, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** What is taken up while it runs; anything else needs a restart. */
const live = [
  'responseTimeout',
  'heartbeatInterval',
  'connectionLostFault',
  'silenceTimeout',
  'configRefresh',
  'requireSubprotocol',
  'pingInterval',
  'guests',
  'authorize',
  'shareIdTags',
  'remoteStartIdTag',
] as const satisfies readonly (keyof OcppConfig)[]

/** The central system that chargers connect to. */
export const ocpp = { name: 'ocpp', config, live, create, check, readLists, tagFiles } as const
