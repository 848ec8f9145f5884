import type { Charger } from '../../../core/charger/charger.ts'
import type { ChargerDoor } from '../../../core/ports.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Log } from '../../../lib/log.ts'
import { type AuthorityFiles, readAuthority } from './authority.ts'

export interface SignerParts {
  readonly files: AuthorityFiles
  /** Milliseconds that certificates are good for. */
  readonly validFor: number
  readonly door: ChargerDoor
  readonly clock: Clock
  readonly log: Log
}

interface Tools {
  readonly issue: typeof import('./issue.ts').issue
  readonly judgeRequest: typeof import('./request.ts').judgeRequest
}

const ASCII = /^[\x21-\x7e]+$/

/** Signs certificates for chargers that have proved who they are. */
export class Signer {
  readonly #parts: SignerParts
  readonly #tools: Tools

  private constructor(parts: SignerParts, tools: Tools) {
    this.#parts = parts
    this.#tools = tools
  }

  /** Loaded only where it is configured: it would be a good part of the time that every command takes to start. */
  static async load(parts: SignerParts): Promise<Signer> {
    const { issue } = await import('./issue.ts')
    const { judgeRequest } = await import('./request.ts')
    return new Signer(parts, { issue, judgeRequest })
  }

  /**
   * Takes a charger's request (PKCS #10, PEM): undefined where it may not be signed, which is logged; else resolves
   * with the chain in PEM form, or with undefined where signing failed.
   */
  sign(charger: Charger, csr: string): Promise<string | undefined> | undefined {
    const { clock, door, files, log, validFor } = this.#parts
    const refuse = (why: string): undefined => {
      log.warn({ charger: charger.id }, `its request for a certificate is refused: ${why}`)
    }
    const { password, securityProfile } = charger.settings
    // A certificate for whoever says that it is this charger would be good for as long as it runs.
    if (charger.guest || (securityProfile === 0 && password === undefined))
      return refuse('it has neither a password nor a certificate that proves who it is')
    const judged = this.#tools.judgeRequest(csr, namesOf(charger, door))
    if (judged.kind === 'refused') return refuse(judged.why)
    const { commonName, request } = judged
    const named = commonName.toLowerCase() === charger.id.toLowerCase()
    if (!named && !ASCII.test(charger.id)) return refuse('its identifier is not ASCII and must be its common name')
    const read = readAuthority(files, clock.now())
    if ('faults' in read)
      return refuse(read.faults.map(({ key, message }) => `ocpp.tls.chargerCa.${key} ${message}`).join('; '))
    const wanted = { request, alternativeName: named ? undefined : charger.id, validFor, now: clock.now() }
    return this.#tools.issue(read.authority, wanted).then(
      (chain) => {
        log.info({ charger: charger.id, commonName }, 'certificate signed')
        return chain
      },
      (error: Error) => {
        log.error({ charger: charger.id, stack: error.stack }, 'certificate not signed')
        return undefined
      },
    )
  }
}

/** Its identifier and its serial numbers, unless they are another's identifier: that would be a key to the other's door. */
function namesOf({ id, state }: Charger, door: ChargerDoor): readonly string[] {
  const { chargeBoxSerialNumber, serialNumber } = state.identity
  const serials = [serialNumber, chargeBoxSerialNumber].flatMap((each) => each ?? [])
  return [id, ...serials.filter((serial) => !door.knows(serial))]
}
