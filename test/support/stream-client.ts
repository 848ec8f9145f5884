import { connect, type Socket } from 'node:net'

/** A client that knows no frames: bytes out, bytes in, in hexadecimal. */
export class StreamClient {
  readonly socket: Socket
  closed = false
  #bytes = ''
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => {
      this.#bytes += Buffer.from(chunk).toString('hex')
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  static async open(port: number): Promise<StreamClient> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve())
      socket.once('error', reject)
    })
    return new StreamClient(socket)
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes)
  }

  /** The next so many bytes, or `closed`. */
  async gather(count: number): Promise<string> {
    while (this.#bytes.length < 2 * count && !this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#bytes.length < 2 * count) return 'closed'
    const taken = this.#bytes.slice(0, 2 * count)
    this.#bytes = this.#bytes.slice(2 * count)
    return taken
  }

  get waiting(): number {
    return this.#bytes.length / 2
  }

  async close(): Promise<void> {
    this.socket.destroy()
    while (!this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}
