import { createHash, timingSafeEqual } from 'node:crypto'
import { isLoopback } from './config.ts'
import type { Failure } from './failure.ts'

interface Headers {
  readonly authorization?: string | undefined
  readonly host?: string | undefined
  readonly origin?: string | undefined
}

/**
 * Why a request is turned away; undefined: it may come in. With a token the token alone decides: no web page has it.
 * Without one only programs of this machine get here, and browsers are among them: a page from elsewhere can send them
 * (its Origin tells), or make its own name point to this machine (the Host tells).
 */
export function refusal({ authorization, host, origin }: Headers, token: string | undefined): Failure | undefined {
  if (token !== undefined) {
    if (bears(authorization, token)) return undefined
    return { status: 401, code: 'unauthorized', description: 'send the header "Authorization: Bearer <web.token>"' }
  }
  if (host === undefined || !isLoopback(nameOf(host)))
    return { status: 403, code: 'host', description: 'without web.token only localhost and 127.0.0.1 are answered' }
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return { status: 403, code: 'origin', description: 'a page from elsewhere may not do this' }
  return undefined
}

/** In a time that tells nothing of the token. */
function bears(authorization: string | undefined, token: string): boolean {
  const sent = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  return timingSafeEqual(digest(sent ?? ''), digest(token)) && sent !== undefined
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Of a Host header: without port and brackets. */
function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
}
