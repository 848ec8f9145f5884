import type { ChargerDoor, ChargerLink, Southbound } from '../../core/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { config, type OcppConfig } from './config.ts'
import { ChargerServer } from './transport/server.ts'
import { unfit } from './v16/by-hand.ts'
import { Conversation } from './v16/conversation.ts'
import type { Payload } from './wire/frame.ts'

interface Parts {
  readonly door: ChargerDoor
  readonly clock: Clock
  readonly log: Log
}

function create(settings: OcppConfig, { door, clock, log }: Parts): Southbound {
  /** A charger's link is its conversation; core sees no more of it than the link. */
  const talks = new WeakMap<ChargerLink, Conversation>()
  const server = new ChargerServer({
    ...settings,
    door,
    clock,
    log,
    converse: (charger, send, close) => {
      const talk = new Conversation({ door, charger, send, close, clock, log, settings })
      talks.set(talk, talk)
      return talk
    },
  })
  return {
    start: async () => {
      await server.start()
      return `ws://${settings.listen.host}:${server.port}`
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

/** The central system that chargers connect to. */
export const ocpp = { name: 'ocpp', config, create } as const
