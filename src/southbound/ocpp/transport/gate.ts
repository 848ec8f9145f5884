import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { Charger } from '../../../core/charger/charger.ts'
import type { ChargerDoor, SecurityProfile } from '../../../core/ports.ts'
import type { Clock } from '../../../lib/clock.ts'
import { type Password, passwordSent } from './basic-auth.ts'
import { certified } from './client-certificate.ts'
import { Guesses } from './guesses.ts'
import { identifierOf, pathOf } from './identifier.ts'
import type { Knock, Knocked, TurnedAwayReason } from './knock.ts'

export interface GateParts {
  readonly door: ChargerDoor
  readonly requireSubprotocol: boolean
  /** The passwords that a charger may come with, two while they are changed; none: it needs none. */
  readonly passwords: (charger: Charger) => readonly Password[]
  readonly profiles: (charger: Charger) => Profiles
  /** A charger was let in. */
  readonly entered: (charger: Charger, by: Entrance) => void
  readonly turnedAway: (knock: Knock) => void
  readonly clock: Clock
}

/** What a charger has to bring, and the higher profiles that it was told to come by, highest first. */
export interface Profiles {
  readonly enforced: SecurityProfile
  readonly told: readonly SecurityProfile[]
}

/** How a charger proved who it is. */
export interface Entrance {
  readonly profile: SecurityProfile
  /** Undefined: it was asked for none. */
  readonly password?: Password | undefined
}

export interface Admission {
  admit(charger: Charger, knocked: Knocked): void
  /** `status` is an HTTP status line's code and words. */
  refuse(status: string): void
  /** The answer takes so many milliseconds. */
  delayed(ms: number): void
}

/** Of what a charger offers, what is spoken here. */
export const SUBPROTOCOL = 'ocpp1.6'

const statuses: Readonly<Record<TurnedAwayReason, string>> = {
  unknown: '404 Unknown charge point',
  rejected: '403 Rejected',
  'wrong-password': '401 Unauthorized',
  'no-password': '401 Unauthorized',
  tls: '403 TLS is needed',
  'client-certificate': '403 Certificate is needed',
  subprotocol: `400 Subprotocol ${SUBPROTOCOL} is needed`,
  'no-identifier': '404 No charge point identifier in the path',
  'too-many': '503 Too many',
}

/** What was found out so far: the charger, unless something keeps it out. */
type Verdict =
  | { readonly kind: 'out'; readonly reason: TurnedAwayReason; readonly detail: string }
  | {
      readonly kind: 'in'
      readonly charger: Charger
      readonly profile: SecurityProfile
      readonly certificateName: string | undefined
    }

/** Decides who is let in: identifier, subprotocol, security profile, password. */
export class Gate {
  readonly #parts: GateParts
  readonly #knowsClients: boolean
  readonly #guesses: Guesses

  /** `knowsClients`: authorities of the chargers' certificates are configured. */
  constructor(parts: GateParts, knowsClients: boolean) {
    this.#parts = parts
    this.#knowsClients = knowsClients
    this.#guesses = new Guesses(parts.clock)
  }

  /** Judges a request for an upgrade; a password that is guessed at has its answer late. */
  knock(request: IncomingMessage, admission: Admission): void {
    const approach = {
      address: plainAddress(request.socket.remoteAddress ?? ''),
      path: printable(pathOf(request.url ?? '')).slice(0, 100),
      tls: request.socket instanceof TLSSocket,
    }
    const identifier = identifierOf(request.url ?? '')
    const offered = offers(request)
    const out = (reason: TurnedAwayReason, detail: string): void => {
      this.#parts.turnedAway({ ...approach, identifier, subprotocols: offered.slice(0, 8), reason, detail })
      admission.refuse(statuses[reason])
    }
    const verdict = this.#judge(request, identifier, offered)
    if (verdict.kind === 'out') {
      out(verdict.reason, verdict.detail)
      return
    }
    const { charger, certificateName, profile } = verdict
    const subprotocol = offered.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined
    const enter = (password?: Password): void => {
      this.#parts.entered(charger, { profile, password })
      admission.admit(charger, { ...approach, subprotocol, certificateName })
    }
    const passwords = this.#parts.passwords(charger)
    if (!asksForPassword(profile, passwords)) enter()
    else this.#ask(request.headers.authorization, charger, passwords, approach.address, { enter, out, ...admission })
  }

  #judge(request: IncomingMessage, identifier: string | undefined, offered: readonly string[]): Verdict {
    const { door, requireSubprotocol } = this.#parts
    if (identifier === undefined) return out('no-identifier', 'no charge point identifier in the path')
    if (offered.length > 0 ? !offered.includes(SUBPROTOCOL) : requireSubprotocol)
      return out('subprotocol', `it must offer the subprotocol ${SUBPROTOCOL}`)
    const charger = door.arrive(identifier)
    if (charger === undefined) return out('too-many', 'as many unknown chargers as are remembered came before it')
    const { enforced, told } = this.#parts.profiles(charger)
    const raised = told.map((profile) => this.#judgeBy(profile, request, charger)).find(({ kind }) => kind === 'in')
    return raised ?? this.#judgeBy(enforced, request, charger)
  }

  #judgeBy(profile: SecurityProfile, { socket }: IncomingMessage, charger: Charger): Verdict {
    if (profile < 2) return { kind: 'in', charger, profile, certificateName: undefined }
    if (!(socket instanceof TLSSocket))
      return out('tls', `its security profile is ${profile}, and it came without TLS: point it to wss://`)
    if (profile === 2) return { kind: 'in', charger, profile, certificateName: undefined }
    if (!this.#knowsClients) return out('client-certificate', 'ocpp.tls.clientCa is missing')
    const certificate = certified(socket, charger.id)
    if (certificate.kind === 'refused') return out('client-certificate', certificate.detail)
    return { kind: 'in', charger, profile, certificateName: certificate.name }
  }

  #ask(
    header: string | undefined,
    charger: Charger,
    passwords: readonly Password[],
    address: string,
    { enter, out, delayed }: Pick<Admission, 'delayed'> & Answers,
  ): void {
    if (!/^Basic\s/i.test(header ?? '')) {
      // Nothing was guessed: some clients come without at first, to be asked.
      out('no-password', 'it sent no password')
      return
    }
    if (this.#guesses.busy(address, charger.id)) {
      out('too-many', 'too many passwords are tried from its address')
      return
    }
    const right = passwordSent(header, charger.id, passwords)
    const delay =
      right === undefined ? this.#guesses.failed(address, charger.id) : this.#guesses.succeeded(address, charger.id)
    const answer = (): void => {
      if (right === undefined) out('wrong-password', 'its password, or the user with it, is wrong')
      else enter(right)
    }
    if (delay === 0) {
      answer()
      return
    }
    delayed(delay)
    this.#guesses.wait(address, charger.id, delay, answer)
  }
}

interface Answers {
  enter(password: Password): void
  out(reason: TurnedAwayReason, detail: string): void
}

function out(reason: TurnedAwayReason, detail: string): Verdict {
  return { kind: 'out', reason, detail }
}

/** Profile 0 asks for nothing by itself, but for a password that was given to the charger. */
function asksForPassword(profile: SecurityProfile, passwords: readonly Password[]): boolean {
  switch (profile) {
    case 0:
      return passwords.length > 0
    case 1:
    case 2:
      return true
    case 3:
      return false
  }
}

function offers(request: IncomingMessage): readonly string[] {
  const offered = request.headers['sec-websocket-protocol']
  return offered?.split(',').map((each) => printable(each.trim()).slice(0, 60)) ?? []
}

/** Of bytes beyond ASCII, which come as Latin-1, some are commands to a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

/** A dual-stack socket shows IPv4 peers as ::ffff:a.b.c.d. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
