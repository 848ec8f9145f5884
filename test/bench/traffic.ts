import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { WebSocket } from 'ws'

/** How many requests are under way at once. */
const WINDOW = 16
const SECONDS = 2

async function rate(
  drive: () => Promise<{ send: () => void; onAnswer: (listener: () => void) => void; close: () => void }>,
  window = WINDOW,
): Promise<number> {
  const { send, onAnswer, close } = await drive()
  return new Promise((resolve, reject) => {
    let count = 0
    let last = Date.now()
    const start = process.hrtime.bigint()
    const end = start + BigInt(SECONDS * 1e9)
    const stuck = setInterval(() => {
      if (Date.now() - last < 1500) return
      clearInterval(stuck)
      close()
      reject(new Error(`no answer after ${count}`))
    }, 500)
    onAnswer(() => {
      count += 1
      last = Date.now()
      if (process.hrtime.bigint() < end) {
        send()
        return
      }
      clearInterval(stuck)
      close()
      resolve(count / (Number(process.hrtime.bigint() - start) / 1e9))
      onAnswer(() => {})
    })
    for (let n = 0; n < window; n += 1) send()
  })
}

/** Datagrams a second. `make` gives the n-th request. */
export function udpRate(port: number, make: (n: number) => Uint8Array): Promise<number> {
  return rate(async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.2', resolve))
    let n = 0
    let listener = () => {}
    socket.on('message', () => listener())
    return {
      send: () => socket.send(make(n++), port, '127.0.0.1'),
      onAnswer: (next) => {
        listener = next
      },
      close: () => socket.close(),
    }
  })
}

/** Requests of `make` a second over one connection whose answers have `answerBytes` bytes each, so many under way at once. */
export function tcpRate(
  port: number,
  make: (n: number) => Uint8Array,
  answerBytes: number,
  window = WINDOW,
): Promise<number> {
  const drive = async () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await new Promise<void>((resolve) => socket.once('connect', resolve))
    let n = 0
    let bytes = 0
    let listener = () => {}
    socket.on('data', (chunk) => {
      bytes += chunk.length
      while (bytes >= answerBytes) {
        bytes -= answerBytes
        listener()
      }
    })
    return {
      send: () => void socket.write(make(n++)),
      onAnswer: (next: () => void) => {
        listener = next
      },
      close: () => void socket.destroy(),
    }
  }
  return rate(drive, window)
}

/** The same, `WINDOW` requests in one segment at a time, the next when all of them are answered. */
export async function pipelinedRate(
  port: number,
  make: (n: number) => Uint8Array,
  answerBytes: number,
): Promise<number> {
  const all = (n: number) => Buffer.concat(Array.from({ length: WINDOW }, (_, each) => make(n * WINDOW + each)))
  return WINDOW * (await tcpRate(port, all, WINDOW * answerBytes, 1))
}

export async function openWebSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'ocpp1.6', { perMessageDeflate: false })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve())
    socket.once('error', reject)
  })
  return socket
}

/** Messages a second over one socket that is already open; answers are those that `isAnswer` takes. */
export function webSocketRate(
  socket: WebSocket,
  make: (n: number) => string,
  isAnswer: (text: string) => boolean,
): Promise<number> {
  return rate(async () => {
    let n = 0
    let listener = () => {}
    const receive = (data: Buffer) => {
      if (isAnswer(data.toString())) listener()
    }
    socket.on('message', receive)
    return {
      send: () => socket.send(make(n++)),
      onAnswer: (next) => {
        listener = next
      },
      close: () => {
        socket.off('message', receive)
      },
    }
  })
}
