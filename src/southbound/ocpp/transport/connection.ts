import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Charger } from '../../../core/charger/charger.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import type { Throttle } from '../../../lib/throttle.ts'
import type { Knocked } from './knock.ts'

/** What a socket carries to whoever converses over it. */
interface Talk {
  receive(text: string): void
  closed(): void
}

export type Converse = (
  charger: Charger,
  send: (text: string) => void,
  close: (reason: string) => void,
  knocked: Knocked,
) => Talk

export interface ConnectionParts {
  readonly converse: Converse
  /** Milliseconds; 0: never. A charger's own goes before it. */
  readonly pingInterval: number
  readonly silenceTimeout: number
  readonly clock: Clock
  readonly log: Log
  readonly throttle: Throttle
}

/** What a peer that doesn't read may leave unread before it is cut off. */
const MAX_UNREAD_BYTES = 4_000_000
const LOOK_EVERY_MS = 60_000
/** Messages that are read before the others have their turn: as many as a charger has to tell after a long outage. */
const MAX_PORTION = 100
/** A long message counts as many. */
const BYTES_OF_ONE = 4_096

/** Joins an open websocket to a conversation until it ends: texts in and out, silence, and more than anybody has to say. */
export function connect(
  socket: WebSocket,
  stream: Duplex,
  charger: Charger,
  knocked: Knocked,
  parts: ConnectionParts,
): void {
  const { clock, converse, log, throttle } = parts
  // Settings may change while the socket is open.
  const pingMs = (): number => charger.settings.pingInterval ?? parts.pingInterval
  let heardAt = clock.steady()
  let flooded = false
  const close = (reason: string): void => {
    log.info({ charger: charger.id }, `connection closed: ${reason}`)
    socket.close(1000, reason.slice(0, 120))
    // A half-open peer never answers the close.
    clock.after(2_000, () => socket.terminate())
  }
  const send = (text: string): void => {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) {
      log.warn({ charger: charger.id }, 'the charger does not read what it is sent: cut off')
      socket.terminate()
      return
    }
    socket.send(text)
  }
  let portion = 0
  /** What came in this turn of the event loop has been handled: all answers leave in one piece. */
  const endTurn = (): void => {
    portion = 0
    stream.uncork()
    if (socket.isPaused) socket.resume()
  }
  /** Whatever comes is a sign of life; of a flood a portion is read, then everybody else's, and so on. */
  const heard = (bytes: number): void => {
    heardAt = clock.steady()
    if (portion === 0) {
      stream.cork()
      setImmediate(endTurn)
    }
    portion += Math.max(1, bytes / BYTES_OF_ONE)
    if (portion < MAX_PORTION || socket.isPaused) return
    if (!flooded) log.warn({ charger: charger.id }, 'the charger floods the bridge: the others go first')
    flooded = true
    socket.pause()
  }
  const talk = converse(charger, send, close, knocked)
  // Not all chargers answer pings, so a missing pong means nothing: only silence of every kind ends a connection.
  const watch = (): void => {
    if (clock.steady() - heardAt > parts.silenceTimeout && !socket.isPaused) {
      log.warn({ charger: charger.id }, 'silent for too long: cut off')
      socket.terminate()
      return
    }
    if (pingMs() > 0) socket.ping()
    cancelWatch = clock.after(pingMs() || LOOK_EVERY_MS, watch)
  }
  let cancelWatch = clock.after(pingMs() || LOOK_EVERY_MS, watch)
  log.info({ charger: charger.id, guest: charger.guest, ...knocked }, 'charger connected')
  socket.on('message', (data: Buffer, isBinary) => {
    heard(data.length)
    // Texts that were sent as binary frames are texts all the same.
    try {
      talk.receive(data.toString('utf8'))
    } catch (error) {
      // A mistake of ours, or a store that can't be written: this conversation ends unanswered, the others go on.
      // Its charger comes back and says the same again, for as long as that lasts.
      const missed = throttle.pass(`failed ${charger.id}`)
      const stack = error instanceof Error ? error.stack : String(error)
      if (missed !== undefined) log.error({ charger: charger.id, stack, missed }, 'conversation failed')
      socket.terminate()
    }
    if (isBinary) log.debug({ charger: charger.id }, 'binary frame taken as text')
  })
  socket.on('ping', (data) => heard(data.length))
  socket.on('pong', (data) => heard(data.length))
  socket.on('error', (error) => log.warn({ charger: charger.id, error: error.message }, 'websocket'))
  socket.once('close', (code) => {
    cancelWatch()
    log.info({ charger: charger.id, code }, 'charger disconnected')
    talk.closed()
  })
}
