import { constants } from 'node:crypto'
import type { ServerOpts, Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'
import { CertificateWatch } from '../../../lib/certificate-watch.ts'
import type { CertificateFiles } from '../../../lib/certificates.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { Throttle } from '../../../lib/throttle.ts'
import type { Peer } from '../peer.ts'
import { FrameReader } from '../wire/mbap.ts'
import { roleIn } from '../wire/role.ts'
import type { Listening } from './tcp.ts'

export interface TlsParts {
  /** With `clientCa`: who signs the certificates of clients. */
  readonly files: CertificateFiles
  /** Roles that may write. */
  readonly writeRoles: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

const HANDSHAKE_TIMEOUT_MS = 5_000
/** Sockets that have not shown a certificate yet: where there are more, the oldest makes room. */
const MAX_HANDSHAKES = 64

/** A resumed session would outlive the authority that it was opened under. */
const unresumed = { secureOptions: constants.SSL_OP_NO_TICKET } as const

/** Modbus/TCP Security: the frames are those of Modbus TCP, the client has a certificate, and its role says what it may. */
export function secure({ files, writeRoles, clock, log }: TlsParts): Listening {
  const throttle = new Throttle(clock)
  return {
    key: files.section,
    prefix: 'tls://',
    framing: () => new FrameReader(),
    open(options, accept) {
      const watch = new CertificateWatch({
        files,
        clock,
        log,
        changed(changed) {
          server.setSecureContext({ ...changed, ...unresumed })
          // Whoever the new authority would turn away has no connection left from the old one.
          if (changed.ca !== authority) dropAll()
          authority = changed.ca
        },
      })
      const certificates = watch.start()
      let authority = certificates.ca
      const server = createSecure(options, certificates)
      const dropAll = boundHandshakes(server)
      server.on('secureConnection', (socket) => accept(socket, peerOf(socket, writeRoles)))
      server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
        const from = socket.remoteAddress
        socket.destroy()
        // Whoever hangs up has not failed.
        if (error.code === 'ECONNRESET' || from === undefined) return
        const missed = throttle.pass(from)
        if (missed !== undefined)
          log.warn({ from, missed }, `modbus: a client of ${files.section} was turned away: ${detailOf(error)}`)
      })
      server.on('close', () => watch.stop())
      return server
    },
  }
}

/** 1.2 or newer.: a client without a certificate of ours gets no further than the handshake. */
function createSecure(options: ServerOpts, certificates: SecureContextOptions): Server {
  return createServer({
    ...options,
    ...certificates,
    ...unresumed,
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  })
}

/** 8.4: the role is that of the client's certificate; without one a client only reads. */
function peerOf(socket: TLSSocket, writeRoles: readonly string[]): Peer {
  const certificate = socket.getPeerX509Certificate()
  const role = certificate && roleIn(certificate.raw)
  const mayWrite = role !== undefined && writeRoles.includes(role)
  return { kind: 'role', name: socket.remoteAddress ?? '', role, mayWrite }
}

/** Answers with a way to close all connections, those whose handshake is not over as well. */
function boundHandshakes(server: Server): () => void {
  const admitted = new Set<Socket>()
  const waiting = new Map<string, Socket>()
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    waiting.set(name, socket)
    socket.on('error', () => {})
    socket.once('close', () => waiting.delete(name))
    const [oldest] = waiting.values()
    if (waiting.size > MAX_HANDSHAKES) oldest?.destroy()
  })
  // TLS hides the socket that came in.
  server.on('secureConnection', (socket) => {
    waiting.delete(nameOf(socket))
    admitted.add(socket)
    socket.once('close', () => admitted.delete(socket))
  })
  const close = server.close.bind(server)
  server.close = (done) => {
    for (const socket of waiting.values()) socket.destroy()
    return close(done)
  }
  return () => {
    for (const socket of [...waiting.values(), ...admitted]) socket.destroy()
  }
}

function nameOf(socket: Socket): string {
  return `${socket.remotePort} ${socket.remoteAddress}`
}

function detailOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE':
      return 'it showed no certificate'
    case 'ERR_SSL_CERTIFICATE_VERIFY_FAILED':
      return 'its certificate is out of date, or not signed by any of clientCa'
    case 'ERR_SSL_UNSUPPORTED_PROTOCOL':
      return 'its TLS is older than 1.2'
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_HTTP_REQUEST':
      return 'it speaks no TLS: plain Modbus TCP has a port of its own'
    default:
      return error.code ?? error.message
  }
}
