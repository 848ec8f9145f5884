import type { FleetSettings, Refusal, Store } from '../ports.ts'
import type { Charger } from './charger.ts'
import type { Action, ActionKind } from './command.ts'
import type { ActionProgress } from './control.ts'
import { PARAMETER } from './held.ts'
import { forgetLimit } from './reconcile.ts'
import { triggerMessages } from './vocabulary.ts'

const ENABLE = 'smartCharging.enable'
/** A driver who is told that the charger is free for them plugs in within this time, or the charger gives up (ConnectionTimeOut). */
const STARTED_MS = 10 * 60_000

interface Run {
  readonly action: ActionKind
  readonly connector: number
  /** 0 is idle. */
  readonly value: number
  readonly client: string
  readonly now: number
}

/**
 * A client's write to an action. Only its own change from idle runs it: a building that starts again writes its old
 * values, and that must not reset a garage. With `onlyCheck` nothing happens but the answer.
 */
export function runAction(
  charger: Charger,
  run: Run,
  settings: FleetSettings,
  store: Store,
  onlyCheck: boolean,
): Refusal | undefined {
  const { action, connector, value, client } = run
  const before = store.edge(charger.id, connector, action, client) ?? 0
  if (value === 0) {
    if (!onlyCheck && before !== 0) store.saveEdge(charger.id, connector, action, client, 0)
    return undefined
  }
  const progress = actionProgress(charger, connector, action)
  if (progress === undefined) return 'read-only'
  if (before !== 0 && settings.actions.trigger === 'edge') {
    if (!onlyCheck) ignore(progress)
    return undefined
  }
  return perform(charger, run, settings, store, onlyCheck, () =>
    store.saveEdge(charger.id, connector, action, client, value),
  )
}

/**
 * Does what an action does, whatever a client wrote to it before; `keep` is called once it is sure to be done. With
 * `onlyCheck` nothing happens but the answer.
 */
export function perform(
  charger: Charger,
  run: Omit<Run, 'client'>,
  settings: FleetSettings,
  store: Store,
  onlyCheck: boolean,
  keep: () => void = () => {},
): Refusal | undefined {
  const { action, connector, value, now } = run
  const progress = actionProgress(charger, connector, action)
  if (progress === undefined) return 'read-only'
  const command = actionCommand(charger, run, settings, now + settings.actions.deadline)
  if (typeof command === 'string') return command
  if (progress.command !== undefined) return 'busy'
  if (onlyCheck) return undefined
  keep()
  if (command === undefined) {
    enableLimit(charger, connector, action === 'smartCharging.set', store)
    progress.outcome = 'accepted'
    progress.sequence += 1
    return undefined
  }
  progress.active = value
  progress.outcome = 'pending'
  progress.command = command
  progress.sequence += 1
  if (command.kind === 'start') charger.control.started = { idTag: command.idTag, until: now + STARTED_MS }
  charger.link?.send(command)
  return undefined
}

function ignore(progress: ActionProgress): void {
  // The result of a run that is still under way is worth more than the news that a repeat was passed over.
  if (progress.command !== undefined) return
  progress.outcome = 'ignored'
  progress.sequence += 1
}

function actionProgress(charger: Charger, connector: number, action: ActionKind): ActionProgress | undefined {
  const actions = charger.control.connectors[connector]?.actions
  if (actions === undefined) return undefined
  let progress = actions.get(action)
  if (progress === undefined) {
    progress = { active: 0, command: undefined, outcome: 'idle', sequence: 0 }
    actions.set(action, progress)
  }
  return progress
}

/** Sends the limit again, or takes our profiles away, and leaves it at that. */
function enableLimit(charger: Charger, connector: number, enable: boolean, store: Store): void {
  const own = charger.control.connectors[connector]
  if (own === undefined) return
  store.hold(charger.id, `${PARAMETER}${connector}.${ENABLE}`, String(enable))
  own.parameters.set(ENABLE, String(enable))
  forgetLimit(own.limitProgress)
}

/** What the charger is told; undefined for what the bridge does by itself. */
function actionCommand(
  charger: Charger,
  run: Omit<Run, 'client'>,
  settings: FleetSettings,
  deadline: number,
): Action | Refusal | undefined {
  const { action, connector, value } = run
  if (charger.link === undefined || !charger.ready) return 'offline'
  switch (action) {
    case 'start': {
      const chosen = charger.control.connectors[connector]?.parameters.get('start.idTag')
      return { kind: 'start', connector, idTag: chosen || settings.remoteStartIdTag, deadline }
    }
    case 'stop': {
      const transactionId = charger.state.connectors[connector]?.transaction?.id
      return transactionId === undefined ? 'no-transaction' : { kind: 'stop', connector, transactionId, deadline }
    }
    case 'unlock':
      return { kind: 'unlock', connector, deadline }
    case 'reset':
      return { kind: 'reset', hard: value === 2, deadline }
    case 'smartCharging.set':
    case 'smartCharging.clear':
      return undefined
    case 'clearCache':
      return { kind: 'clearCache', deadline }
    case 'trigger':
      return { kind: 'trigger', message: triggerMessages[value - 1] ?? 'StatusNotification', deadline }
  }
}
