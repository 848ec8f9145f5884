import type { Answer, Command, ProfileIds } from '../../../core/charger/command.ts'
import type { Learnt, ProfileMethod, Purpose } from '../../../core/charger/method.ts'
import { forbiddenPurpose, profileIds } from '../../../core/charger/profile-overrides.ts'
import type { Answered, Lane } from '../session/session.ts'
import type { Ask, DownlinkParts } from './ask.ts'
import { chargingProfile, profileIdsOf, purposes, type Wish } from './charging-profile.ts'
import { candidates, hasLevel, keyOf, learntKey, limitKey } from './control-method.ts'
import { number, objects } from './normalise.ts'
import { type Turn, Turns } from './turns.ts'

type SetLimit = Extract<Command, { kind: 'set-limit' }>
type ClearLimit = Extract<Command, { kind: 'clear-limit' }>

/** How far ahead a schedule is asked for: what holds now is all that is wanted. */
const SCHEDULE_SECONDS = 60
const OLDER = 'an older profile may still stand'

interface Said {
  readonly answer: Answer
  readonly detail?: string | undefined
}

/** What came of a limit beside the answer: the charger's own word, the transaction that is bound by it, what was found out. */
interface Outcome extends Said {
  readonly boundTransaction?: number
  readonly learnt?: readonly Learnt[]
}

/** What came of all purposes of a limit. */
interface Concluded {
  readonly command: SetLimit
  readonly answers: ReadonlyMap<Purpose, Said>
  readonly learnt: readonly Learnt[]
  readonly outcome: Said
}

export type Tell = (outcome: Outcome) => void

/**
 * Sends a limit as one profile a purpose, one after the other. How a charger takes a purpose is found out by the first
 * limit itself, with the value that is wanted. While a transaction runs its own profile decides; where the charger takes
 * none, the default does, unless an older profile of ours still binds the transaction. Where no profile works, a
 * configuration key may. A newer limit of the same connector ends an older one wherever that has come to.
 */
export class LimitDownlink {
  readonly #parts: DownlinkParts
  readonly #ask: Ask
  readonly #turns: Turns

  constructor(parts: DownlinkParts, ask: Ask) {
    this.#parts = parts
    this.#ask = ask
    this.#turns = new Turns(ask)
  }

  set(command: SetLimit, tell: Tell): void {
    this.#turns.take(command.connector, (turn, done) => this.#set(command, tell, turn, done))
  }

  clear(command: ClearLimit, tell: Tell): void {
    this.#turns.take(command.connector, (turn, done) => {
      const end: Tell = (outcome) => {
        tell(outcome)
        done()
      }
      const { connector, overrides, replaces = [] } = command
      const key = learntKey(this.#parts.charger, connector)
      if (key !== undefined) this.#writeKey(turn, command, key, end)
      else this.#clear(turn, connector, [...replaces, profileIds(overrides)], end)
    })
  }

  /** Asks what the charger says that it keeps to. */
  verify({ connector, unit, of }: Extract<Command, { kind: 'verify-limit' }>, tell: Tell): void {
    const { charger, door } = this.#parts
    const told = (limit: number, inUnit: 'A' | 'W'): void =>
      door.event(charger, { kind: 'limit-told', connector, unit: inUnit, limit, of })
    const key = learntKey(charger, connector)
    if (key !== undefined) {
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

  #set(command: SetLimit, tell: Tell, turn: Turn, done: () => void): void {
    const { connector, overrides, replaces = [], transactionId } = command
    const wanted = purposes(connector, overrides, transactionId)
    const end: Tell = (outcome) => {
      tell(outcome)
      done()
    }
    if (wanted.length === 0 || wanted.some((purpose) => forbiddenPurpose(connector, purpose))) {
      const detail =
        wanted.length === 0 && connector !== 0
          ? 'a TxProfile bounds a transaction, and none runs: the limit is sent when one starts'
          : `a limit of connector ${connector} can't be a ${overrides.purpose}`
      end({ answer: 'not-supported', detail })
      return
    }
    const key = learntKey(this.#parts.charger, connector)
    if (key !== undefined) {
      this.#writeKey(turn, command, key, end)
      return
    }
    const answers = new Map<Purpose, Said>()
    const learnt: Learnt[] = []
    let doubtful = false
    const next = (place: number): void => {
      const purpose = wanted[place]
      if (purpose === undefined) {
        const said = this.#outcome(command, answers)
        const outcome = doubtful && said.answer === 'accepted' ? { answer: 'no-answer' as const, detail: OLDER } : said
        this.#conclude(turn, { command, answers, learnt, outcome }, tell, done)
        return
      }
      this.#try(turn, { ...command, purpose, transactionId }, (said, method) => {
        answers.set(purpose, said)
        if (method !== undefined) learnt.push({ purpose, method })
        else if (said.answer !== 'no-answer') learnt.push({ purpose, method: undefined })
        next(place + 1)
      })
    }
    if (replaces.length === 0) {
      next(0)
      return
    }
    // An older profile that may still stand is a doubt, and no reason to do without the new one.
    this.#clear(turn, connector, replaces, ({ answer }) => {
      doubtful = answer === 'no-answer'
      next(0)
    })
  }

  /** Clears the profiles that a connector's limit may have been written as, under these ids. */
  #clear(turn: Turn, connector: number, choices: readonly ProfileIds[], tell: Tell): void {
    const ids = profileIdsOf(connector, choices)
    const next = (place: number): void => {
      const id = ids[place]
      if (id === undefined) {
        tell({ answer: 'accepted' })
        return
      }
      turn.ask('ClearChargingProfile', { id }, { lane: 'limit' }, (answer, detail) => {
        // Unknown means that nothing of that id stands: as good as cleared.
        if (answer === 'accepted' || detail === 'Unknown') next(place + 1)
        else tell({ answer, detail })
      })
    }
    next(0)
  }

  /** Tries the ways that are open until one is accepted. */
  #try(turn: Turn, wish: Wish, done: (said: Said, method: ProfileMethod | undefined) => void): void {
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
      turn.ask(
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
          // Thrown away: it will be told again, or something newer, and this says nothing of the way.
          if (answered.kind === 'none' && answered.dropped) open = []
          next()
        },
      )
    }
    next()
  }

  #conclude(turn: Turn, { command, answers, learnt, outcome }: Concluded, tell: Tell, done: () => void): void {
    const { charger } = this.#parts
    const { connector, transactionId } = command
    const key = limitKey(charger, connector)
    if (outcome.answer !== 'accepted' && outcome.answer !== 'no-answer' && key !== undefined) {
      this.#writeKey(turn, command, key, (byKey) => {
        tell({ ...(byKey.answer === 'accepted' ? byKey : outcome), learnt: [...learnt, ...(byKey.learnt ?? [])] })
        done()
      })
      return
    }
    let parts = 2
    const ended = (): void => {
      parts -= 1
      if (parts === 0) done()
    }
    this.#clearOthers(turn, connector, learnt, ended)
    const bound = answers.get('TxProfile')?.answer === 'accepted' && transactionId !== undefined
    tell({ ...outcome, learnt, ...(bound && { boundTransaction: transactionId }) })
    ended()
  }

  /** Profiles of others at higher levels would outrank ours: they go, once. Those of a transaction end by themselves. */
  #clearOthers(turn: Turn, connector: number, learnt: readonly Learnt[], done: () => void): void {
    const { charger, door } = this.#parts
    const standing = learnt.find((each) => 'purpose' in each && each.purpose !== 'TxProfile')
    if (standing === undefined || !('purpose' in standing) || standing.method === undefined) {
      done()
      return
    }
    const { method, purpose } = standing
    const cleared = `${connector}.${purpose}`
    if (!charger.limits.clearOnAdopt || charger.state.methods.cleared.has(cleared)) {
      done()
      return
    }
    // A first limit does not wait for the configuration, which tells how many levels there are: this does. What the
    // charger says of its schedule is asked for afterwards.
    const end = (): void => {
      door.event(charger, { kind: 'learnt', learnt: [{ cleared }] })
      done()
    }
    const next = (level: number, lane: Lane): void => {
      if (!hasLevel(charger, level)) {
        end()
        return
      }
      const others = { connectorId: connector, chargingProfilePurpose: purpose, stackLevel: level } as const
      turn.ask('ClearChargingProfile', others, { lane }, (answer, _detail, answered) => {
        // The limit that follows will see to it.
        if (answered.kind === 'none' && answered.dropped) done()
        else if (answer === 'no-answer') end()
        else next(level + 1, 'limit')
      })
    }
    next(method.stackLevel + 1, 'setup')
  }

  #writeKey(turn: Turn, command: SetLimit | ClearLimit, key: string, tell: Tell): void {
    const { electrical } = this.#parts.charger.settings
    const rated = electrical.kind === 'ac' ? electrical.maxCurrent : 0
    const amps = command.kind === 'set-limit' ? command.limit.amps : rated
    turn.ask(
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
