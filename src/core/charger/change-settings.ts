import type { ChargerSettings, Store } from '../ports.ts'
import type { Charger } from './charger.ts'
import { newConnectorControl } from './control.ts'
import { restoreConnectors } from './held.ts'
import { chooseAnew, forgetLimit } from './reconcile.ts'
import { newConnectorState } from './state.ts'
import { registrationOrder } from './vocabulary.ts'

/** What changes under a charger's feet; all else concerns who may come in, and how it is told so. */
const keepsSocket: readonly (keyof ChargerSettings)[] = [
  'id',
  'name',
  'connectors',
  'electrical',
  'parameters',
  'limitKey',
  'meterValues',
  'pingInterval',
]

/** Gives a charger its changed settings; true: it has to connect anew. */
export function changeSettings(charger: Charger, settings: ChargerSettings, store: Pick<Store, 'held'>): boolean {
  const before = charger.settings
  const registered = charger.registration
  chooseAnew(charger, () => {
    charger.settings = settings
  })
  if (before.electrical.kind !== settings.electrical.kind)
    charger.control.limitUnit = settings.electrical.kind === 'dc' ? 'W' : 'A'
  // The key that carries limits is another, or none: they are told anew.
  if (before.limitKey !== settings.limitKey) {
    charger.state.methods.key = undefined
    for (const { limitProgress } of charger.control.connectors) forgetLimit(limitProgress)
  }
  resize(charger, store)
  // What the building wrote counts for more than the config, as after a restart.
  const held = store.held(charger.id).get('registration')
  charger.registration = registrationOrder.find((each) => each === held) ?? settings.registration
  const names = new Set([...Object.keys(before), ...Object.keys(settings)]) as ReadonlySet<keyof ChargerSettings>
  const others = [...names].filter((name) => !keepsSocket.includes(name) && name !== 'registration')
  return (
    charger.registration !== registered ||
    others.some((name) => JSON.stringify(before[name]) !== JSON.stringify(settings[name]))
  )
}

/** To as many connectors as the config says, where it does. */
function resize(charger: Charger, store: Pick<Store, 'held'>): void {
  const count = charger.settings.connectors
  if (count === undefined) return
  const { state, control } = charger
  const before = state.connectors.length
  state.connectors.length = Math.min(before, count + 1)
  control.connectors.length = state.connectors.length
  while (state.connectors.length <= count) {
    state.connectors.push(newConnectorState())
    control.connectors.push(newConnectorControl())
  }
  if (state.connectors.length > before) restoreConnectors(charger, store, before)
}
