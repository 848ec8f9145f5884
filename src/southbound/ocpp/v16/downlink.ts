import type { Action, Answer, Command } from '../../../core/charger/command.ts'
import type { ConfigurationKey } from '../../../core/charger/event.ts'
import type { Answered } from '../session/session.ts'
import type { Ask, DownlinkParts } from './ask.ts'
import { limitUnit, readConfiguration } from './configuration.ts'
import { LimitDownlink, type Tell } from './limit-downlink.ts'
import { sendLocalList } from './local-list.ts'
import { text } from './normalise.ts'
import { violation } from './validate.ts'

/** What the statuses of 1.6 (chapter 7) mean for a command. */
const meanings: Readonly<Record<string, Answer>> = {
  Accepted: 'accepted',
  Unlocked: 'accepted',
  Scheduled: 'scheduled',
  RebootRequired: 'reboot-required',
  Rejected: 'rejected',
  Unknown: 'rejected',
  UnlockFailed: 'rejected',
  NotSupported: 'not-supported',
  NotImplemented: 'not-supported',
}
const unsupported: ReadonlySet<string> = new Set(['NotImplemented', 'NotSupported'])

/** Turns core's commands into calls of 1.6; each comes back as one `answered` event. */
export class Downlink {
  readonly #parts: DownlinkParts
  readonly #limits: LimitDownlink

  constructor(parts: DownlinkParts) {
    this.#parts = parts
    this.#limits = new LimitDownlink(parts, this.ask)
  }

  send(command: Command): void {
    const tell: Tell = ({ answer, detail, boundTransaction, learnt }) => {
      const { door, charger, log } = this.#parts
      log.debug({ charger: charger.id, command: command.kind, answer, detail }, 'command answered')
      door.event(charger, {
        kind: 'answered',
        command,
        answer,
        ...(detail !== undefined && { detail }),
        ...(boundTransaction !== undefined && { boundTransaction }),
        ...(learnt !== undefined && { learnt }),
      })
    }
    const plainly = (answer: Answer, detail?: string): void => tell({ answer, detail })
    switch (command.kind) {
      case 'set-limit':
        this.#limits.set(command, tell)
        break
      case 'clear-limit':
        this.#limits.clear(command, tell)
        break
      case 'verify-limit':
        this.#limits.verify(command, tell)
        break
      case 'tell-tags':
        sendLocalList(this.ask, command.tags, (answer, detail) => {
          const { charger, log } = this.#parts
          if (answer !== 'accepted') log.info({ charger: charger.id, answer, detail }, 'local list of tags not taken')
          plainly(answer, detail)
        })
        break
      case 'set-availability':
        this.ask(
          'ChangeAvailability',
          { connectorId: command.connector, type: command.operative ? 'Operative' : 'Inoperative' },
          { lane: 'setup' },
          plainly,
        )
        break
      case 'write-configuration':
        this.ask(
          'ChangeConfiguration',
          { key: command.key, value: command.value },
          { lane: 'setup' },
          (said, detail) => {
            plainly(said, detail)
            // What the charger really took is what it says when it is asked.
            if (said !== 'no-answer') this.readConfiguration([command.key], () => {})
          },
        )
        break
      case 'read-configuration':
        this.readConfiguration(command.keys, plainly)
        break
      default:
        this.#act(command, plainly)
    }
  }

  readonly ask: Ask = (action, payload, options, done) => {
    const { charger, log, session } = this.#parts
    const problem = violation(`${action}Request`, payload)
    if (problem !== undefined) {
      log.error({ charger: charger.id, action, problem }, 'a call of our own breaks the schema: not sent')
      done('not-supported', problem, { kind: 'none' })
      return () => {}
    }
    return session.call({
      action,
      payload: payload as Readonly<Record<string, unknown>>,
      ...options,
      done: (answered) => {
        const [said, detail] = meaning(answered)
        done(said, detail, answered)
      },
    })
  }

  #act(command: Action, answer: (said: Answer, detail?: string) => void): void {
    const options = { lane: 'normal', deadline: command.deadline } as const
    switch (command.kind) {
      case 'start':
        this.ask('RemoteStartTransaction', { connectorId: command.connector, idTag: command.idTag }, options, answer)
        break
      case 'stop':
        this.ask('RemoteStopTransaction', { transactionId: command.transactionId }, options, answer)
        break
      case 'unlock':
        this.ask('UnlockConnector', { connectorId: command.connector }, options, answer)
        break
      case 'reset':
        this.ask('Reset', { type: command.hard ? 'Hard' : 'Soft' }, options, answer)
        break
      case 'clearCache':
        this.ask('ClearCache', {}, options, answer)
        break
      case 'trigger':
        this.ask(
          'TriggerMessage',
          {
            requestedMessage: command.message,
            ...(command.connector !== undefined && { connectorId: command.connector }),
          },
          options,
          answer,
        )
        break
    }
  }

  /** Reads keys, or all of them; what they say goes up before `answer` is called. */
  readConfiguration(keys: readonly string[] | undefined, answer: (said: Answer, detail?: string) => void): void {
    const { charger, door } = this.#parts
    readConfiguration(this.ask, keys, (known: readonly ConfigurationKey[], unknown, said) => {
      const unit = limitUnit(known)
      if (known.length > 0 || unknown.length > 0) {
        door.event(charger, {
          kind: 'configuration',
          keys: known,
          unknown,
          ...(unit !== undefined && { limitUnit: unit }),
        })
      }
      answer(said)
    })
  }
}

function meaning(answered: Answered): readonly [Answer, string | undefined] {
  if (answered.kind === 'none') return ['no-answer', undefined]
  if (answered.kind === 'error') {
    const words = text(answered.description, 255)
    const detail = words === undefined ? answered.code : `${answered.code}: ${words}`
    return [unsupported.has(answered.code) ? 'not-supported' : 'rejected', detail]
  }
  const said = text(answered.payload.status, 50)
  // GetConfiguration alone answers without a status.
  return said === undefined ? ['accepted', undefined] : [meanings[said] ?? 'rejected', said]
}
