import type { Answer, Command } from '../../../core/charger/command.ts'
import type { Ask, DownlinkParts } from './ask.ts'
import { chargingProfile, forbidden, type Purpose, profileId, purposes } from './charging-profile.ts'

type SetLimit = Extract<Command, { kind: 'set-limit' }>
type ClearLimit = Extract<Command, { kind: 'clear-limit' }>

/** Tells core what came of a limit: the answer, the charger's own word, and the transaction that is bound by it. */
export type Tell = (answer: Answer, detail?: string, boundTransaction?: number) => void

/**
 * Sends a limit as one profile a purpose, one after the other. While a transaction runs its own profile decides; where
 * the charger takes none, the default does, unless an older profile of ours still binds the transaction.
 */
export class LimitDownlink {
  readonly #parts: DownlinkParts
  readonly #ask: Ask

  constructor(parts: DownlinkParts, ask: Ask) {
    this.#parts = parts
    this.#ask = ask
  }

  set(command: SetLimit, answer: Tell): void {
    const { connector, overrides, transactionId } = command
    const wanted = purposes(connector, overrides, transactionId)
    if (wanted.length === 0 || wanted.some((purpose) => forbidden(connector, purpose))) {
      answer('not-supported', `a limit of connector ${connector} can't be a ${overrides.purpose}`)
      return
    }
    const answers = new Map<Purpose, { readonly answer: Answer; readonly detail?: string }>()
    const next = (place: number): void => {
      const purpose = wanted[place]
      if (purpose === undefined) {
        const said = this.#outcome(command, answers)
        const bound = answers.get('TxProfile')?.answer === 'accepted' ? transactionId : undefined
        answer(said.answer, said.detail, bound)
        return
      }
      const { charger, now } = this.#parts
      const csChargingProfiles = chargingProfile(
        charger,
        connector,
        purpose,
        command.limit,
        overrides,
        transactionId,
        now(),
      )
      this.#ask(
        'SetChargingProfile',
        { connectorId: connector, csChargingProfiles },
        { lane: 'limit' },
        (said, detail) => {
          answers.set(purpose, { answer: said, ...(detail !== undefined && { detail }) })
          next(place + 1)
        },
      )
    }
    next(0)
  }

  clear(command: ClearLimit, answer: Tell): void {
    const { connector, overrides } = command
    const all: readonly Purpose[] = connector === 0 ? ['ChargePointMaxProfile'] : ['TxProfile', 'TxDefaultProfile']
    const ids = [...new Set(all.map((purpose) => profileId(connector, purpose, overrides)))]
    const next = (place: number): void => {
      const id = ids[place]
      if (id === undefined) {
        answer('accepted')
        return
      }
      this.#ask('ClearChargingProfile', { id }, { lane: 'limit' }, (said, detail) => {
        // Unknown means that nothing of that id stands: as good as cleared.
        if (said === 'accepted' || detail === 'Unknown') next(place + 1)
        else answer(said, detail)
      })
    }
    next(0)
  }

  #outcome(
    command: SetLimit,
    answers: ReadonlyMap<Purpose, { readonly answer: Answer; readonly detail?: string }>,
  ): { readonly answer: Answer; readonly detail?: string } {
    const own = answers.get('TxProfile')
    const standing = answers.get('TxDefaultProfile') ?? answers.get('ChargePointMaxProfile')
    if (own === undefined) return standing ?? { answer: 'not-supported' }
    if (own.answer === 'accepted' || standing === undefined) return own
    const { limitProgress } = this.#parts.charger.control.connectors[command.connector] ?? {}
    const older = limitProgress?.boundTransaction === command.transactionId
    return standing.answer === 'accepted' && !older && own.answer !== 'no-answer' ? standing : own
  }
}
