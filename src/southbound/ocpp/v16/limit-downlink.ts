import type { Answer, Command } from '../../../core/charger/command.ts'
import { forbiddenPurpose } from '../../../core/charger/limit.ts'
import type { Learnt, ProfileMethod, Purpose } from '../../../core/charger/method.ts'
import type { Answered, Lane } from '../session/session.ts'
import type { Ask, DownlinkParts } from './ask.ts'
import { chargingProfile, profileId, purposes, type Wish } from './charging-profile.ts'
import { candidates, hasLevel, keyOf, limitKey } from './control-method.ts'
import { number, objects } from './normalise.ts'

type SetLimit = Extract<Command, { kind: 'set-limit' }>
type ClearLimit = Extract<Command, { kind: 'clear-limit' }>

/** How far ahead a schedule is asked for: what holds now is all that is wanted. */
const SCHEDULE_SECONDS = 60

interface Said {
  readonly answer: Answer
  readonly detail?: string | undefined
}

/** What came of a limit beside the answer: the charger's own word, the transaction that is bound by it, what was found out. */
interface Outcome extends Said {
  readonly boundTransaction?: number
  readonly learnt?: readonly Learnt[]
}

export type Tell = (outcome: Outcome) => void

/**
 * Sends a limit as one profile a purpose, one after the other. How a charger takes a purpose is found out by the first
 * limit itself, with the value that is wanted. While a transaction runs its own profile decides; where the charger takes
 * none, the default does, unless an older profile of ours still binds the transaction. Where no profile works, a
 * configuration key may.
 */
export class LimitDownlink {
  readonly #parts: DownlinkParts
  readonly #ask: Ask

  constructor(parts: DownlinkParts, ask: Ask) {
    this.#parts = parts
    this.#ask = ask
  }

  set(command: SetLimit, tell: Tell): void {
    const { connector, overrides, transactionId } = command
    const wanted = purposes(connector, overrides, transactionId)
    if (wanted.length === 0 || wanted.some((purpose) => forbiddenPurpose(connector, purpose))) {
      const detail =
        wanted.length === 0 && connector !== 0
          ? 'a TxProfile bounds a transaction, and none runs: the limit is sent when one starts'
          : `a limit of connector ${connector} can't be a ${overrides.purpose}`
      tell({ answer: 'not-supported', detail })
      return
    }
    const { key: learntKey } = this.#parts.charger.state.methods
    if (learntKey !== undefined && connector !== 0) {
      this.#writeKey(command, learntKey, (said) => tell(said))
      return
    }
    const answers = new Map<Purpose, Said>()
    const learnt: Learnt[] = []
    const next = (place: number): void => {
      const purpose = wanted[place]
      if (purpose === undefined) {
        this.#conclude(command, answers, learnt, tell)
        return
      }
      this.#try({ ...command, purpose, transactionId }, (said, method) => {
        answers.set(purpose, said)
        if (method !== undefined) learnt.push({ purpose, method })
        else if (said.answer !== 'no-answer') learnt.push({ purpose, method: undefined })
        next(place + 1)
      })
    }
    next(0)
  }

  clear(command: ClearLimit, tell: Tell): void {
    const { connector, overrides } = command
    const { methods } = this.#parts.charger.state
    const all: readonly Purpose[] = connector === 0 ? ['ChargePointMaxProfile'] : ['TxProfile', 'TxDefaultProfile']
    const ids = [...new Set(all.map((purpose) => profileId(connector, purpose, overrides)))]
    const next = (place: number): void => {
      const id = ids[place]
      if (id === undefined) {
        tell({ answer: 'accepted' })
        return
      }
      this.#ask('ClearChargingProfile', { id }, { lane: 'limit' }, (answer, detail) => {
        // Unknown means that nothing of that id stands: as good as cleared.
        if (answer === 'accepted' || detail === 'Unknown') next(place + 1)
        else tell({ answer, detail })
      })
    }
    if (methods.key !== undefined && connector !== 0) this.#writeKey(command, methods.key, tell)
    else next(0)
  }

  /** Asks what the charger says that it keeps to. */
  verify({ connector, unit, of }: Extract<Command, { kind: 'verify-limit' }>, tell: Tell): void {
    const { charger, door } = this.#parts
    const told = (limit: number, inUnit: 'A' | 'W'): void =>
      door.event(charger, { kind: 'limit-told', connector, unit: inUnit, limit, of })
    const { key } = charger.state.methods
    if (key !== undefined && connector !== 0) {
      this.#ask(
        'GetConfiguration',
        { key: [keyOf(key, connector)] },
        { lane: 'setup' },
        (answer, _detail, answered) => {
          const value = keyValue(answered)
          if (value !== undefined) told(value, 'A')
          tell({ answer })
        },
      )
      return
    }
    const request = { connectorId: connector, duration: SCHEDULE_SECONDS, chargingRateUnit: unit } as const
    this.#ask('GetCompositeSchedule', request, { lane: 'setup' }, (answer, detail, answered) => {
      const schedule = scheduled(answered)
      if (schedule !== undefined) told(schedule.limit, schedule.unit ?? unit)
      tell({ answer, detail })
    })
  }

  /** Tries the ways that are open until one is accepted. */
  #try(wish: Wish, done: (said: Said, method: ProfileMethod | undefined) => void): void {
    const { charger, now } = this.#parts
    const { connector, purpose, overrides } = wish
    let open = candidates(charger, purpose, overrides, limitKey(charger, connector) !== undefined)
    let worst: Said = { answer: 'not-supported', detail: 'no way of writing a limit is left' }
    const next = (): void => {
      const [method, ...others] = open
      if (method === undefined) {
        done(worst, undefined)
        return
      }
      open = others
      const csChargingProfiles = chargingProfile(wish, method, now())
      this.#ask(
        'SetChargingProfile',
        { connectorId: connector, csChargingProfiles },
        { lane: 'limit' },
        (answer, detail, answered) => {
          if (answer === 'accepted') {
            done({ answer, detail }, method)
            return
          }
          if (worst.answer !== 'rejected') worst = { answer, detail }
          // Some leave an absolute schedule unanswered; a charger that is silent in another way is not asked twelve times.
          if (answer === 'no-answer') {
            worst = { answer }
            open = method.kind === 'Absolute' ? open.filter(({ kind }) => kind === 'Relative').slice(0, 1) : []
          }
          if (answered.kind === 'error' && answered.code === 'NotImplemented') open = []
          // Thrown away because the charger begins anew: it will be told again, and this says nothing of the way.
          if (answered.kind === 'none' && answered.dropped) open = []
          next()
        },
      )
    }
    next()
  }

  #conclude(command: SetLimit, answers: ReadonlyMap<Purpose, Said>, learnt: readonly Learnt[], tell: Tell): void {
    const { charger } = this.#parts
    const { connector, transactionId } = command
    const said = this.#outcome(command, answers)
    const key = limitKey(charger, connector)
    if (said.answer !== 'accepted' && said.answer !== 'no-answer' && key !== undefined) {
      this.#writeKey(command, key, (byKey) =>
        tell({ ...(byKey.answer === 'accepted' ? byKey : said), learnt: [...learnt, ...(byKey.learnt ?? [])] }),
      )
      return
    }
    const cleared = learnt.flatMap((each) =>
      'purpose' in each && each.method !== undefined ? this.#clearOthers(connector, each.purpose, each.method) : [],
    )
    const bound = answers.get('TxProfile')?.answer === 'accepted' && transactionId !== undefined
    tell({ ...said, learnt: [...learnt, ...cleared], ...(bound && { boundTransaction: transactionId }) })
  }

  /** Profiles of others at higher levels would outrank ours: they go, once. Those of a transaction end by themselves. */
  #clearOthers(connector: number, purpose: Purpose, { stackLevel }: ProfileMethod): readonly Learnt[] {
    const { charger } = this.#parts
    const cleared = `${connector}.${purpose}`
    if (!charger.limits.clearOnAdopt || purpose === 'TxProfile') return []
    if (charger.state.methods.cleared.has(cleared)) return []
    // A first limit does not wait for the configuration, which tells how many levels there are: this does. What the
    // charger says of its schedule is asked for afterwards.
    const next = (level: number, lane: Lane): void => {
      if (!hasLevel(charger, level)) return
      const others = { connectorId: connector, chargingProfilePurpose: purpose, stackLevel: level } as const
      this.#ask('ClearChargingProfile', others, { lane }, (answer) => {
        if (answer !== 'no-answer') next(level + 1, 'limit')
      })
    }
    next(stackLevel + 1, 'setup')
    return [{ cleared }]
  }

  #writeKey(command: SetLimit | ClearLimit, key: string, tell: Tell): void {
    const { electrical } = this.#parts.charger.settings
    const rated = electrical.kind === 'ac' ? electrical.maxCurrent : 0
    const amps = command.kind === 'set-limit' ? command.limit.amps : rated
    this.#ask(
      'ChangeConfiguration',
      { key: keyOf(key, command.connector), value: String(Math.floor(amps)) },
      { lane: 'limit' },
      (answer, detail) => {
        // A key that counts only after a reboot bounds nothing now.
        if (answer === 'reboot-required') tell({ answer: 'rejected', detail })
        else tell({ answer, detail, ...(answer === 'accepted' && { learnt: [{ key }] }) })
      },
    )
  }

  #outcome(command: SetLimit, answers: ReadonlyMap<Purpose, Said>): Said {
    const own = answers.get('TxProfile')
    const standing = answers.get('TxDefaultProfile') ?? answers.get('ChargePointMaxProfile')
    if (own === undefined) return standing ?? { answer: 'not-supported' }
    if (own.answer === 'accepted' || standing === undefined) return own
    const { limitProgress } = this.#parts.charger.control.connectors[command.connector] ?? {}
    const older = limitProgress?.boundTransaction === command.transactionId
    return standing.answer === 'accepted' && !older && own.answer !== 'no-answer' ? standing : own
  }
}

/** The limit that a GetCompositeSchedule's answer (OCPP 1.6 6.22) puts in force first; below 0 some mean that there is none. */
function scheduled(answered: Answered): { readonly limit: number; readonly unit: 'A' | 'W' | undefined } | undefined {
  if (answered.kind !== 'result') return undefined
  const schedule = answered.payload.chargingSchedule as Readonly<Record<string, unknown>> | null | undefined
  if (typeof schedule !== 'object' || schedule === null) return undefined
  const [first] = objects(schedule.chargingSchedulePeriod)
  const limit = number(first?.limit)
  const unit = schedule.chargingRateUnit
  return limit === undefined || limit < 0 ? undefined : { limit, unit: unit === 'A' || unit === 'W' ? unit : undefined }
}

function keyValue(answered: Answered): number | undefined {
  return answered.kind === 'result' ? number(objects(answered.payload.configurationKey)[0]?.value) : undefined
}
