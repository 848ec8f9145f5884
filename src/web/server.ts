import type { AddressInfo } from 'node:net'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Charger } from '../core/charger/charger.ts'
import type { Downlink, HandCall, WriteOutcome, Writer } from '../core/ports.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { Throttle } from '../lib/throttle.ts'
import { failureOf, readCall } from './call.ts'
import { chargerView, findCharger } from './chargers.ts'
import type { WebConfig } from './config.ts'
import type { Failure } from './failure.ts'
import { refusal } from './guard.ts'

export interface WebParts {
  readonly chargers: () => Iterable<Charger>
  readonly call: (charger: Charger, action: string, payload: unknown) => Promise<HandCall>
  readonly downlink: Pick<Downlink, 'noted'>
  readonly clock: Clock
  readonly log: Log
}

export interface Web {
  /** Resolves once it listens, with the address for the ready line. */
  start(): Promise<string>
  stop(): Promise<void>
}

/** A local list of many thousand tags fits. */
const BODY_LIMIT = 1_048_576
const MAX_CONNECTIONS = 100
/** For a whole request to come in; the answer may take as long as the charger does. */
const REQUEST_TIMEOUT_MS = 10_000
/** An identifier of 48 characters in percent-encoded UTF-8. */
const LONGEST_ID = 600

/** Of an action that nobody knows. */
const LONGEST_ACTION = 60

/** The HTTP API. */
export function createWeb({ listen, token }: WebConfig, parts: WebParts): Web {
  let app: FastifyInstance | undefined
  return {
    async start() {
      // Loaded only by those who use it: it would be a third of the time that every command takes to start.
      const { fastify } = await import('fastify')
      app = fastify({
        bodyLimit: BODY_LIMIT,
        forceCloseConnections: true,
        http: { connectionsCheckingInterval: 1_000, headersTimeout: REQUEST_TIMEOUT_MS },
        requestTimeout: REQUEST_TIMEOUT_MS,
        routerOptions: { maxParamLength: LONGEST_ID },
        frameworkErrors: (error, _request, reply) => fail(reply, wrong(error.statusCode ?? 400, error.message)),
      })
      app.server.maxConnections = MAX_CONNECTIONS
      routes(app, token, parts)
      await app.listen({ host: listen.host, port: listen.port })
      const { port } = app.server.address() as AddressInfo
      return `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${port}`
    },
    async stop() {
      await app?.close()
    },
  }
}

function routes(
  app: FastifyInstance,
  token: string | undefined,
  { call, chargers, clock, downlink, log }: WebParts,
): void {
  const throttle = new Throttle(clock)
  // A form of any web page can send a text, but never application/json.
  app.removeContentTypeParser('text/plain')
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
    const refused = refusal(request.headers, token)
    if (refused === undefined) {
      done()
      return
    }
    const missed = throttle.pass(request.ip)
    if (missed !== undefined) log.warn({ client: request.ip, reason: refused.code, missed }, 'web request turned away')
    if (refused.status === 401) reply.header('www-authenticate', 'Bearer')
    if (request.method === 'POST') downlink.noted(CALL, writerOf(request.ip), { result: 'denied' })
    fail(reply, refused)
  })
  app.setNotFoundHandler((_request, reply) =>
    fail(reply, {
      status: 404,
      code: 'not-found',
      description: 'there are GET /api/chargers and POST /api/chargers/{id}/call',
    }),
  )
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const { statusCode: status = 500 } = error
    if (status >= 500) log.error({ stack: error.stack }, 'web request failed')
    return fail(reply, status >= 500 ? wrong(500, 'see the log') : wrong(status, hints[status] ?? error.message))
  })

  app.get('/api/chargers', () => [...chargers()].map(chargerView))

  app.post<{ Params: { id: string } }>('/api/chargers/:id/call', async (request, reply) => {
    const charger = findCharger(chargers(), request.params.id)
    if ('status' in charger) return fail(reply, charger)
    const written = readCall(request.body)
    if ('status' in written) return fail(reply, written)
    const { action, payload } = written
    const outcome = await call(charger, action, payload)
    // Who and what, but no payload: passwords are among them.
    const target = { charger: charger.id, connector: 0, point: `call ${action.slice(0, LONGEST_ACTION)}` }
    downlink.noted(target, writerOf(request.ip), noteOf(outcome))
    log.info({ charger: charger.id, action, client: request.ip, outcome: outcome.kind }, 'call by hand')
    if (outcome.kind !== 'answer') return fail(reply, failureOf(outcome, charger, action))
    return { answer: outcome.payload }
  })
}

/** Nobody looked what a request that was turned away asks for. */
const CALL = { charger: undefined, connector: 0, point: 'call' } as const

function writerOf(address: string): Writer {
  return { source: 'Web', client: `web:${address}` }
}

/** What became of a call by hand, as a write. */
function noteOf(outcome: HandCall): WriteOutcome {
  switch (outcome.kind) {
    case 'answer':
      return { value: 'answered', result: 'accepted' }
    case 'error':
      return { value: `answered by ${outcome.code}`, result: 'accepted' }
    case 'none':
      return { value: 'not answered', result: 'accepted' }
    case 'away':
      return { result: 'offline' }
    case 'unfit':
      return { result: 'wrong-type' }
  }
}

const codes: Readonly<Record<number, string>> = { 413: 'too-large', 415: 'content-type', 500: 'internal' }

const hints: Readonly<Record<number, string>> = { 415: 'send it with the header Content-Type: application/json' }

function wrong(status: number, description: string): Failure {
  return { status, code: codes[status] ?? 'bad-request', description }
}

function fail(reply: FastifyReply, { status, code, description }: Failure): FastifyReply {
  return reply.code(status).send({ error: { code, description } })
}
