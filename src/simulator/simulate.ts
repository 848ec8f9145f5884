import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { demoRhythm, startVisited } from './demo-fleet.ts'
import type { ChargePointOptions } from './options.ts'
import type { Dial } from './transport/socket.ts'

export interface SimulateOptions {
  readonly dial: Dial
  readonly connectors: number
  /** PEM: what it sends when it is asked to have its certificate signed; undefined: it refuses that. */
  readonly csr: string | undefined
  /** Where it goes when its SecurityProfile is raised; undefined: it stays at the one that `dial` amounts to. */
  readonly secureUrl: string | undefined
  readonly seed: number
  readonly clock: Clock
  readonly log: Log
  readonly violation: NonNullable<ChargePointOptions['violation']>
}

/** One charge point with visiting cars against any central system; what comes back ends it. */
export function simulate({ dial, csr, secureUrl, seed, ...others }: SimulateOptions): () => void {
  const electrical = { kind: 'ac', maxCurrent: 32, phases: 3 } as const
  const security = {
    profile: securityProfile(dial),
    roots: dial.ca ?? [],
    ...(dial.cert !== undefined && { certificate: dial.cert }),
    ...(csr !== undefined && { csr }),
    ...(secureUrl !== undefined && { urls: { 1: dial.url, 2: secureUrl, 3: secureUrl } }),
  }
  return startVisited({ ...others, dial, electrical, security, rhythm: demoRhythm(0), seed: seed * 1000 })
}

/** The security profile that a way of calling amounts to. */
function securityProfile({ url, password, cert }: Dial): number {
  if (/^wss:/i.test(url)) return cert === undefined ? 2 : 3
  return password === undefined ? 0 : 1
}
