import type { Duplex } from 'node:stream'

/** Node's own limit for the head of a request. */
const MAX_HEAD_BYTES = 16_384
const START = Buffer.from('GET ')

/**
 * Runs `ready` when a request's head has come, put back for whoever reads it then. An upgrade without `Connection:
 * Upgrade`, as some chargers send it, has that added; what doesn't begin like a request is left as it is.
 */
export function mendRequest(socket: Duplex, ready: () => void): void {
  let head = Buffer.alloc(0)
  const read = (chunk: Buffer): void => {
    head = Buffer.concat([head, chunk])
    const start = Math.min(head.length, START.length)
    const whole = head.includes('\r\n\r\n') || head.length > MAX_HEAD_BYTES
    if (!whole && head.subarray(0, start).equals(START.subarray(0, start))) return
    socket.off('data', read)
    socket.pause()
    socket.unshift(mended(head))
    ready()
    socket.resume()
  }
  socket.on('data', read)
}

function mended(bytes: Buffer): Buffer {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.subarray(0, Math.max(0, end)).toString('latin1')
  const upgrades = /\r\nUpgrade:[ \t]*websocket[ \t]*(?=\r\n|$)/i.test(head)
  const connects = /\r\nConnection:[^\r\n]*\bupgrade\b/i.test(head)
  if (!upgrades || connects) return bytes
  return Buffer.concat([bytes.subarray(0, end), Buffer.from('\r\nConnection: Upgrade'), bytes.subarray(end)])
}
