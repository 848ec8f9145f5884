import { createSocket } from 'node:dgram'

// Run in a network namespace: sends a datagram again and again, prints all that come as {"from", "hex"}, ends at the first that begins as wanted.
const { hex, to, until } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly hex: string
  readonly to: string
  readonly until?: string
}
const socket = createSocket({ type: 'udp4', reuseAddr: true })
socket.on('message', (datagram, { address }) => {
  const heard = datagram.toString('hex')
  console.log(JSON.stringify({ from: address, hex: heard }))
  if (until !== undefined && heard.startsWith(until)) process.exit(0)
})
socket.bind(47_808, () => {
  socket.setBroadcast(true)
  setInterval(() => socket.send(Buffer.from(hex, 'hex'), 47_808, to), 300)
})

setTimeout(() => process.exit(1), 10_000)
