import type { createGateway } from '../../../src/gateway.ts'
import { silentLog } from '../../../src/lib/log.ts'
import type { ChargePointOptions } from '../../../src/simulator/options.ts'
import type { SocketHandlers } from '../../../src/simulator/transport/socket.ts'
import { Conversation } from '../../../src/southbound/ocpp/v16/conversation.ts'
import type { FakeClock } from '../../support/fake-clock.ts'

/** Milliseconds that a message is under way. */
const LATENCY_MS = 1

const settings = {
  responseTimeout: 10_000,
  heartbeatInterval: 300_000,
  configRefresh: 3_600_000,
  guests: { retryInterval: 120_000 },
}

/** A simulated charge point's way to a gateway in the same process, by a clock that is turned by hand. */
export function memoryLink(
  gateway: ReturnType<typeof createGateway>,
  id: string,
  clock: FakeClock,
): ChargePointOptions['connect'] {
  return (handlers: SocketHandlers) => {
    let conversation: Conversation | undefined
    const later = (task: () => void): void => void clock.after(LATENCY_MS, task)

    function open(): void {
      const charger = gateway.fleet.arrive(id)
      if (charger === undefined) {
        handlers.failed('other')
        return
      }
      const own: Conversation = new Conversation({
        door: gateway.fleet,
        charger,
        send: (text) => later(() => conversation === own && handlers.received(text)),
        close: () => later(() => conversation === own && cut(1_000)),
        clock,
        log: silentLog,
        settings,
      })
      conversation = own
      handlers.opened()
    }

    function cut(backInMs: number): void {
      const own = conversation
      conversation = undefined
      own?.closed()
      if (own !== undefined) handlers.closed()
      clock.after(backInMs, open)
    }

    later(open)
    return {
      send(text) {
        const own = conversation
        later(() => conversation === own && own?.receive(text))
      },
      ping: () => {},
      cut,
      redial: () => cut(1_000),
      stop: () => conversation?.closed(),
    }
  }
}
