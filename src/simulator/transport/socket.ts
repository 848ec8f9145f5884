import { WebSocket } from 'ws'
import type { Cancel, Clock } from '../../lib/clock.ts'

export interface SocketHandlers {
  readonly opened: () => void
  readonly received: (text: string) => void
  readonly closed: () => void
}

/** A charger's way to its central system. */
export interface ChargerSocket {
  send(text: string): void
  /** Cuts the connection; it comes back after `backInMs`. */
  cut(backInMs: number): void
  stop(): void
}

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000

/** A websocket that comes back by itself, waiting longer each time that it fails. */
export function connect(
  url: string,
  password: string | undefined,
  id: string,
  clock: Clock,
  handlers: SocketHandlers,
): ChargerSocket {
  let socket: WebSocket | undefined
  let stopped = false
  let retry = FIRST_RETRY_MS
  let cancel: Cancel = () => {}

  function open(): void {
    const headers =
      password === undefined ? {} : { authorization: `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}` }
    const own = new WebSocket(`${url.replace(/\/+$/, '')}/${encodeURIComponent(id)}`, 'ocpp1.6', {
      headers,
      perMessageDeflate: false,
    })
    socket = own
    let wasOpen = false
    own.on('open', () => {
      wasOpen = true
      retry = FIRST_RETRY_MS
      handlers.opened()
    })
    own.on('message', (data) => handlers.received(String(data)))
    // What went wrong ends in 'close' all the same.
    own.on('error', () => {})
    own.on('close', () => {
      if (wasOpen) handlers.closed()
      if (stopped || socket !== own) return
      cancel = clock.after(retry, open)
      retry = Math.min(LONGEST_RETRY_MS, retry * 2)
    })
  }

  open()
  return {
    send(text) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(text)
    },
    cut(backInMs) {
      retry = backInMs
      socket?.terminate()
    },
    stop() {
      stopped = true
      cancel()
      socket?.close(1000)
      clock.after(500, () => socket?.terminate())
    },
  }
}
