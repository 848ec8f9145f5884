import type { OpenSerial, SerialEvents, SerialSettings } from '../../src/northbound/modbus/transport/serial-port.ts'

/** A serial port in memory, which can be unplugged, and an adapter that may hear itself. */
export class MemorySerial {
  /** What the bridge sent, each write in hexadecimal. */
  readonly sent: string[] = []
  /** Settings of each time that it was opened. */
  readonly opened: SerialSettings[] = []
  attempts = 0
  plugged = true
  echoes = false
  /** Bytes that the adapter has not sent yet. */
  waiting = 0
  #events: SerialEvents | undefined

  readonly open: OpenSerial = (settings, events) => {
    this.attempts += 1
    if (!this.plugged) return Promise.reject(new Error('No such file or directory'))
    this.opened.push(settings)
    this.#events = events
    const serial = this
    return Promise.resolve({
      get waiting() {
        return serial.waiting
      },
      get there() {
        return serial.plugged
      },
      write: (bytes) => {
        this.sent.push(Buffer.from(bytes).toString('hex'))
        if (this.echoes) this.hear(bytes)
      },
      close: () => {
        this.#events = undefined
        return Promise.resolve()
      },
    })
  }

  get isOpen(): boolean {
    return this.#events !== undefined
  }

  hear(bytes: Uint8Array): void {
    this.#events?.received(bytes)
  }

  unplug(): void {
    this.plugged = false
    const events = this.#events
    this.#events = undefined
    events?.lost('Input/output error')
  }
}
