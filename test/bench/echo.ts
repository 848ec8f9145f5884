// The bare echoes that the bridge is measured against: one socket of each kind and nothing else.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { WebSocketServer } from 'ws'

const udp = createSocket('udp4')
udp.on('message', (message, peer) => udp.send(message, peer.port, peer.address))
const tcp = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.on('data', (chunk) => socket.write(chunk))
})
const ws = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
ws.on('connection', (socket) => socket.on('message', (data) => socket.send(data.toString())))

udp.bind(0, '127.0.0.1', () => {
  tcp.listen(0, '127.0.0.1', () => {
    const port = (address: unknown) => (address as { port: number }).port
    process.send?.({ udp: port(udp.address()), tcp: port(tcp.address()), ws: port(ws.address()) })
  })
})
