import type { ChargerDoor, Southbound } from '../../core/ports.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { config, type OcppConfig } from './config.ts'
import { ChargerServer } from './transport/server.ts'
import { Conversation } from './v16/conversation.ts'

interface Parts {
  readonly door: ChargerDoor
  readonly clock: Clock
  readonly log: Log
}

function create(settings: OcppConfig, { door, clock, log }: Parts): Southbound {
  const server = new ChargerServer({
    ...settings,
    door,
    clock,
    log,
    converse: (charger, send, close) => new Conversation({ door, charger, send, close, clock, log, settings }),
  })
  return {
    start: async () => {
      await server.start()
      return `ws://${settings.listen.host}:${server.port}`
    },
    stop: () => server.stop(),
  }
}

/** The central system that chargers connect to. */
export const ocpp = { name: 'ocpp', config, create } as const
