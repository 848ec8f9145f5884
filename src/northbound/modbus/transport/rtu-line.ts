import type { Cancel, Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { Throttle } from '../../../lib/throttle.ts'
import type { Answer } from '../answer.ts'
import type { Peer } from '../peer.ts'
import { exceptionCodes, exceptionPdu } from '../wire/exception.ts'
import { encodeRtu, RtuReader } from '../wire/rtu.ts'
import type { Handle } from './connection.ts'
import { Echo } from './echo.ts'
import type { OpenSerial, SerialLink, SerialSettings } from './serial-port.ts'
import { Silence } from './silence.ts'

export interface RtuLineParts {
  readonly settings: SerialSettings & { readonly writable: boolean }
  readonly handle: Handle
  readonly isOwn: (unit: number) => boolean
  /** The way to open the port. Rejects where there is none. */
  readonly load: () => Promise<OpenSerial>
  readonly clock: Clock
  readonly log: Log
}

/** Modbus over Serial Line V1.02, 2.5.1.1: a frame ends with a silence of 3.5 characters. */
const SILENT_CHARACTERS = 3.5
/** Start, eight bits, parity or a second stop, stop. */
const BITS_OF_CHARACTER = 11
/** Adapters gather what they receive for up to 16 ms, and the system has its own time. */
const ADAPTER_MS = 20
/** An answer that waits behind others comes too late: its master has asked anew. */
const MAX_WAITING_BYTES = 512
/** How often an open port is looked after. */
const LOOK_MS = 2_000
const FIRST_RETRY_MS = 1_000
const LAST_RETRY_MS = 30_000

/** A serial line on which the bridge answers for its units: opened, and opened again whenever it comes back. */
export class RtuLine {
  readonly #parts: RtuLineParts
  readonly #peer: Peer
  readonly #throttle: Throttle
  readonly #silence: Silence
  readonly #characterMs: number
  #reader: RtuReader
  #echo: Echo
  #open: OpenSerial | undefined
  #link: SerialLink | undefined
  #retryMs = FIRST_RETRY_MS
  /** Of the next look after the port, or the next try to open it. */
  #cancel: Cancel = () => {}
  /** It was said that the port is away. */
  #told = false
  #stopped = false
  /** Grows with whatever comes, and with each request to the bridge. */
  #heard = 0

  constructor(parts: RtuLineParts) {
    this.#parts = parts
    const { clock, settings } = parts
    this.#peer = { kind: 'line', name: settings.port, mayWrite: settings.writable }
    this.#throttle = new Throttle(clock)
    this.#characterMs = (BITS_OF_CHARACTER * 1000) / settings.baudRate
    this.#silence = new Silence(clock, this.#silenceMs(), () => {
      this.#reader.silence()
      this.#answer()
    })
    this.#reader = this.#newReader()
    this.#echo = this.#newEcho()
  }

  /** Resolves with the port's name once it is open, or tried again until it is. Rejects where nothing can open it. */
  async start(): Promise<string> {
    this.#open = await this.#parts.load()
    await this.#connect()
    return `rtu:${this.#parts.settings.port}`
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#cancel()
    this.#silence.stop()
    const link = this.#link
    this.#link = undefined
    await link?.close()
  }

  async #connect(): Promise<void> {
    const { log, settings } = this.#parts
    const { port } = settings
    this.#reader = this.#newReader()
    this.#echo = this.#newEcho()
    try {
      const link = await this.#open?.(settings, {
        received: (bytes) => this.#received(bytes),
        lost: (reason) => this.#lost(reason),
      })
      if (this.#stopped) {
        await link?.close()
        return
      }
      this.#link = link
      this.#retryMs = FIRST_RETRY_MS
      if (this.#told) log.info({ port }, `modbus: ${port} is open again`)
      this.#told = false
      this.#lookLater()
    } catch (error) {
      this.#lost((error as Error).message)
    }
  }

  #lookLater(): void {
    this.#cancel = this.#parts.clock.after(LOOK_MS, () => {
      const link = this.#link
      if (link === undefined || link.there) {
        this.#lookLater()
        return
      }
      this.#lost('it is gone')
      void link.close()
    })
  }

  #lost(reason: string): void {
    const { clock, log, settings } = this.#parts
    this.#link = undefined
    this.#silence.stop()
    this.#cancel()
    if (this.#stopped) return
    if (!this.#told) {
      const { port } = settings
      log.error({ port, reason }, `modbus: ${port} can't be used (${reason}): it is tried until it can`)
    }
    this.#told = true
    this.#cancel = clock.after(this.#retryMs, () => void this.#connect())
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS)
  }

  #received(bytes: Uint8Array): void {
    this.#silence.stop()
    const others = this.#echo.strip(bytes)
    if (others.length > 0) this.#heard += 1
    this.#reader.push(others)
    this.#answer()
    if (this.#reader.partial) this.#silence.await()
  }

  #answer(): void {
    for (let request = this.#reader.next(); request !== undefined; request = this.#reader.next()) {
      const link = this.#link
      // Whoever asks while it is answered can't hear the answer.
      if (link === undefined || link.waiting > MAX_WAITING_BYTES) continue
      const { unit } = request
      const answer = this.#respond(unit, request.pdu)
      this.#heard += 1
      const heard = this.#heard
      if (answer instanceof Uint8Array) this.#send(link, unit, answer)
      else
        answer((pdu) => {
          // The master has asked something else since, maybe of another unit, which answers now; or the port was opened anew.
          if (this.#heard === heard && this.#link === link) this.#send(link, unit, pdu)
        })
    }
  }

  #send(link: SerialLink, unit: number, pdu: Uint8Array): void {
    const answer = encodeRtu(unit, pdu)
    this.#echo.sent(answer)
    link.write(answer)
  }

  #respond(unit: number, pdu: Uint8Array): Answer {
    try {
      return this.#parts.handle(unit, pdu, this.#peer, () => Buffer.from(encodeRtu(unit, pdu)).toString('hex'))
    } catch (error) {
      // A bug of ours: this master hears of it, and the line goes on.
      this.#parts.log.error({ port: this.#peer.name, unit, err: error }, 'modbus: request failed')
      return exceptionPdu(pdu[0] ?? 0, exceptionCodes.serverDeviceFailure)
    }
  }

  #newReader(): RtuReader {
    return new RtuReader({
      isOwn: this.#parts.isOwn,
      broadcast: (pdu) => this.#broadcast(pdu),
      noise: (bytes) => this.#warn('noise', { bytes }, 'bytes that are no frame: noise, or another baudRate or parity'),
    })
  }

  #newEcho(): Echo {
    return new Echo(this.#parts.clock, (bytes) => bytes * this.#characterMs + this.#silenceMs())
  }

  /** One write for all chargers at once is never meant for chargers alone: other devices share the line. */
  #broadcast(pdu: Uint8Array): void {
    this.#warn('broadcast', { function: pdu[0] }, 'a request to all units (0) is not carried out')
  }

  #silenceMs(): number {
    return Math.ceil(SILENT_CHARACTERS * this.#characterMs) + ADAPTER_MS
  }

  /** What a line can bring as often as it likes is logged once in a while. */
  #warn(kind: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    const { log, settings } = this.#parts
    const missed = this.#throttle.pass(kind)
    if (missed !== undefined)
      log.warn({ port: settings.port, ...fields, missed }, `modbus: ${settings.port}: ${message}`)
  }
}
