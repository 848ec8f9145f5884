// A BACnet client in a process of its own: subscribes to what it is told to, and counts what comes.
import { createSocket } from 'node:dgram'
import { ANALOG_INPUT, objectId, routed } from './frames.ts'

/** What is watched: these analog inputs of each of these devices. */
export interface Watch {
  readonly port: number
  readonly instances: readonly number[]
  readonly objects: readonly number[]
}

export interface Counted {
  readonly notifications: number
  readonly subscribed?: number
}

const SUBSCRIBE_COV = 5
/** Requests under way at a time. */
const AT_A_TIME = 32
const BUFFER_BYTES = 4 * 1024 * 1024

const socket = createSocket('udp4')
let notifications = 0
let accepted = 0
let proceed = () => {}

socket.on('message', (message) => {
  // Behind the headers of the data link and of the network layer with SNET and three octets of SADR.
  const [type, service] = message.subarray(12)
  if (type === 0x10 && service === 2) notifications += 1
  else if (type === 0x20) {
    accepted += 1
    proceed()
  }
})

process.on('message', (message: Watch | 'count') => {
  if (message === 'count') process.send?.({ notifications } satisfies Counted)
  else subscribe(message)
})

function subscribe({ instances, objects, port }: Watch): void {
  const requests = instances.flatMap((instance) =>
    objects.map((object, n) =>
      // Unconfirmed, for ever, process 1.
      routed(instance, [
        0x00,
        0x05,
        n,
        SUBSCRIBE_COV,
        0x09,
        1,
        0x1c,
        ...objectId(ANALOG_INPUT, object),
        0x29,
        0,
        0x39,
        0,
      ]),
    ),
  )
  const total = requests.length
  proceed = () => {
    const next = requests.shift()
    if (next !== undefined) socket.send(next, port, '127.0.0.1')
    if (accepted === total) process.send?.({ notifications, subscribed: accepted } satisfies Counted)
  }
  for (let n = 0; n < AT_A_TIME; n += 1) proceed()
}

socket.bind(0, '127.0.0.3', () => {
  socket.setRecvBufferSize(BUFFER_BYTES)
  process.send?.({ notifications } satisfies Counted)
})
