import type { IncomingMessage } from 'node:http'
import { type ClientOptions, WebSocket } from 'ws'
import type { Cancel, Clock } from '../../lib/clock.ts'

export interface DialHabits {
  /** Subprotocols that it offers; `ocpp1.6` unless told. */
  readonly subprotocols?: readonly string[]
  /** Never answers a ping. */
  readonly noPong?: boolean
}

/** How a charger calls its central system. */
export interface Dial extends DialHabits {
  /** Without the identifier: `ws://host:port/path`. */
  readonly url: string
  readonly id: string
  /** For HTTP Basic; a text is sent in UTF-8. */
  readonly password?: string | Uint8Array
  /** PEM: who may have signed the central system's certificate; none: who Node trusts. */
  readonly ca?: readonly string[]
  /** PEM: the charger's own certificate and its key. */
  readonly cert?: string
  readonly key?: string
}

/** Why a connection didn't come about. */
export type DialFailure = 'unauthorized' | 'certificate' | 'other'

export interface SocketHandlers {
  readonly opened: () => void
  readonly received: (text: string) => void
  readonly closed: () => void
  /** `detail` is for people: a code of Node, or the status of HTTP. */
  readonly failed: (why: DialFailure, detail?: string) => void
  /** What `redial` changed led nowhere: all is as it was before. */
  readonly fellBack: () => void
}

/** A charger's way to its central system. */
export interface ChargerSocket {
  send(text: string): void
  ping(): void
  /** Cuts the connection; it comes back after `backInMs`. */
  cut(backInMs: number): void
  /** Ends the connection and comes back in another way; where that fails three times, in the way it came before. */
  redial(change: Partial<Dial>): void
  stop(): void
}

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000
const TRIES_BEFORE_FALLBACK = 3
/** Node's codes for a certificate that is not trusted, not for this host, or out of its time. */
const certificateCodes: ReadonlySet<string | undefined> = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** A websocket that comes back by itself, waiting longer each time that it fails. */
export function connect(first: Dial, clock: Clock, handlers: SocketHandlers): ChargerSocket {
  let dial = first
  let before: Dial | undefined
  let failures = 0
  let socket: WebSocket | undefined
  let stopped = false
  let retry = FIRST_RETRY_MS
  let cancel: Cancel = () => {}

  function open(): void {
    const own = new WebSocket(address(dial), [...(dial.subprotocols ?? ['ocpp1.6'])], options(dial))
    socket = own
    let wasOpen = false
    let why: DialFailure = 'other'
    let detail = ''
    own.on('open', () => {
      wasOpen = true
      before = undefined
      failures = 0
      retry = FIRST_RETRY_MS
      handlers.opened()
    })
    own.on('message', (data) => handlers.received(String(data)))
    own.on('unexpected-response', (_request, response: IncomingMessage) => {
      if (response.statusCode === 401) why = 'unauthorized'
      detail = `HTTP ${response.statusCode} ${response.statusMessage}`
      own.terminate()
    })
    // What went wrong ends in 'close' all the same.
    own.on('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (certificateCodes.has(code)) why = 'certificate'
      if (detail === '') detail = code ?? message
    })
    own.on('close', () => {
      if (wasOpen) handlers.closed()
      if (stopped || socket !== own) return
      if (!wasOpen) failed(why, detail)
      cancel = clock.after(retry, open)
      retry = Math.min(LONGEST_RETRY_MS, retry * 2)
    })
  }

  function failed(why: DialFailure, detail: string): void {
    failures += 1
    handlers.failed(why, detail)
    if (before === undefined || failures < TRIES_BEFORE_FALLBACK) return
    dial = before
    before = undefined
    handlers.fellBack()
  }

  open()
  return {
    send(text) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(text)
    },
    ping() {
      if (socket?.readyState === WebSocket.OPEN) socket.ping()
    },
    cut(backInMs) {
      retry = backInMs
      socket?.terminate()
    },
    redial(change) {
      before = dial
      dial = { ...dial, ...change }
      failures = 0
      retry = FIRST_RETRY_MS
      socket?.close(1000)
    },
    stop() {
      stopped = true
      cancel()
      socket?.close(1000)
      clock.after(500, () => socket?.terminate())
    },
  }
}

function address({ url, id }: Dial): string {
  return `${url.replace(/\/+$/, '')}/${encodeURIComponent(id)}`
}

function options({ id, password, ca = [], cert, key, noPong = false }: Dial): ClientOptions {
  const credentials = password === undefined ? undefined : Buffer.concat([Buffer.from(`${id}:`), Buffer.from(password)])
  return {
    headers: credentials === undefined ? {} : { authorization: `Basic ${credentials.toString('base64')}` },
    perMessageDeflate: false,
    autoPong: !noPong,
    ...(ca.length > 0 && { ca: [...ca] }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}
