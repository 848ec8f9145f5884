import { connect, type Socket } from 'node:net'

interface WritingMasterParts {
  readonly port: number
  /** It writes to units 1 to n. */
  readonly units: number
  readonly register: number
  readonly random: () => number
}

/** A building that writes limits all the time, and remembers which were acknowledged (Modbus function 6). */
export class WritingMaster {
  acknowledged = 0
  readonly #parts: WritingMasterParts
  /** By unit: what the register has to read, whatever happened since. */
  readonly #kept = new Map<number, number>()
  /** Sent without an answer: it may have been taken. */
  #doubtful: { readonly unit: number; readonly value: number } | undefined
  #writing: Promise<void> = Promise.resolve()
  #on = false

  constructor(parts: WritingMasterParts) {
    this.#parts = parts
  }

  /** Reads every limit that was acknowledged back, and goes on writing. What is not as it was is told in words. */
  async resume(): Promise<readonly string[]> {
    const socket = await this.#open()
    const losses: string[] = []
    const doubtful = this.#doubtful
    this.#doubtful = undefined
    for (const [unit, value] of this.#kept) {
      const read = await this.#ask(socket, unit, [3, this.#parts.register, 1])
      const found = read?.readUInt16BE(2)
      const taken = doubtful?.unit === unit && found === doubtful.value
      if (taken) this.#kept.set(unit, found)
      else if (found !== value) losses.push(`limit of unit ${unit}: ${value} was acknowledged, it reads ${found}`)
    }
    this.#on = true
    this.#writing = this.#write(socket)
    return losses
  }

  /** Goes on until its connection is cut. */
  pause(): Promise<void> {
    return this.#writing
  }

  stop(): void {
    this.#on = false
  }

  async #write(socket: Socket): Promise<void> {
    const { random, units, register } = this.#parts
    while (this.#on && !socket.destroyed) {
      const unit = 1 + Math.floor(random() * units)
      const value = 60 + 10 * Math.floor(random() * 27)
      this.#doubtful = { unit, value }
      const answer = await this.#ask(socket, unit, [6, register, value])
      if (answer === undefined) break
      this.#doubtful = undefined
      if (answer[0] !== 6) throw new Error(`a limit was answered with ${answer.toString('hex')}`)
      this.#kept.set(unit, value)
      this.acknowledged += 1
    }
    socket.destroy()
  }

  #open(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#parts.port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
      socket.once('error', reject)
    })
  }

  /** The answer's PDU; undefined: the connection was cut. */
  #ask(
    socket: Socket,
    unit: number,
    [code = 0, address = 0, word = 0]: readonly number[],
  ): Promise<Buffer | undefined> {
    const request = Buffer.from([0, 1, 0, 0, 0, 6, unit, code, 0, 0, 0, 0])
    request.writeUInt16BE(address, 8)
    request.writeUInt16BE(word, 10)
    return new Promise((resolve) => {
      const done = (answer?: Buffer): void => {
        socket.removeAllListeners()
        socket.on('error', () => {})
        resolve(answer?.subarray(7))
      }
      socket.removeAllListeners()
      socket.once('data', done)
      socket.once('error', () => done())
      socket.once('close', () => done())
      if (socket.destroyed) done()
      else socket.write(request)
    })
  }
}
