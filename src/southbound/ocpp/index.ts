import type { ChargerDoor, ChargerLink, Southbound } from '../../core/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { ListenAddress } from '../../lib/schema.ts'
import { Throttle } from '../../lib/throttle.ts'
import { check } from './check.ts'
import { config, type OcppConfig } from './config.ts'
import type { Knock } from './transport/knock.ts'
import { ChargerServer } from './transport/server.ts'
import { unfit } from './v16/by-hand.ts'
import { Conversation } from './v16/conversation.ts'
import type { Payload } from './wire/frame.ts'

interface Parts {
  readonly door: ChargerDoor
  readonly clock: Clock
  readonly log: Log
  /** Where relative paths of the config start; by default where the program runs. */
  readonly folder?: string
}

function create(settings: OcppConfig, { door, clock, log, folder = '.' }: Parts): Southbound {
  const { listen, tls } = settings
  /** A charger's link is its conversation; core sees no more of it than the link. */
  const talks = new WeakMap<ChargerLink, Conversation>()
  const server = new ChargerServer({
    ...settings,
    tls: tls && { ...tls, folder },
    door,
    clock,
    log,
    converse: (charger, send, close) => {
      const talk = new Conversation({ door, charger, send, close, clock, log, settings })
      talks.set(talk, talk)
      return talk
    },
    passwords: ({ settings: { password } }) => (password === undefined ? [] : [password]),
    turnedAway: teller(clock, log),
  })
  return {
    start: async () => {
      await server.start()
      const plain = urlOf('ws', listen, server.port)
      return tls === undefined ? plain : `${plain},${urlOf('wss', tls.listen, server.tlsPort ?? tls.listen.port)}`
    },
    stop: () => server.stop(),
    async call(charger, action, payload) {
      const problem = unfit(action, payload)
      if (problem !== undefined) return { kind: 'unfit', ...problem }
      const talk = charger.link && talks.get(charger.link)
      if (talk === undefined || !charger.ready) return { kind: 'away' }
      const answered = await talk.callByHand(action, payload as Payload)
      return answered.kind === 'result' ? { kind: 'answer', payload: answered.payload } : answered
    },
  }
}

/** Says who was turned away and why; of those that come again and again, one a minute. */
function teller(clock: Clock, log: Log): (knock: Knock) => void {
  const throttle = new Throttle(clock)
  return ({ detail, address: from, ...knock }) => {
    const missed = throttle.pass(`${knock.reason} ${from} ${knock.identifier}`)
    if (missed !== undefined) log.warn({ from, ...knock, missed }, `charger turned away: ${detail}`)
  }
}

function urlOf(scheme: 'ws' | 'wss', { host }: ListenAddress, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** The central system that chargers connect to. */
export const ocpp = { name: 'ocpp', config, create, check } as const
