import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { open, Port } from './support.ts'

let port: Port

beforeEach(async () => {
  port = new Port({
    converse: () => ({
      receive() {
        throw new Error('database or disk is full')
      },
      closed: () => {},
    }),
  })
  port.add('CP1')
  await port.server.start()
})
afterEach(() => port.server.stop())

describe('a conversation that fails', () => {
  it('is ended unanswered each time, and is one line a minute in the log', async () => {
    for (let n = 0; n < 5; n += 1) {
      const socket = await open(`${port.ws}/CP1`)
      socket.on('message', () => expect.unreachable())
      socket.send('[2,"1","Heartbeat",{}]')
      await once(socket, 'close')
    }
    const failed = port.log.lines.filter((line) => line.includes('conversation failed'))
    expect(failed).toHaveLength(1)
    expect(failed[0]).toContain('database or disk is full')
  })
})
