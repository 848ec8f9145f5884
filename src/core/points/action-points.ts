import type { ActionKind } from '../charger/command.ts'
import { outcomes } from '../charger/vocabulary.ts'
import type { ChargerPointDefinition } from './point.ts'
import { known, outcomeReading } from './reading.ts'

/** An action and the two points that tell what became of it. */
export function actionPoints(
  action: ActionKind,
  states: readonly string[],
  description: string,
): readonly ChargerPointDefinition[] {
  return [
    {
      name: action,
      type: 'state',
      states,
      write: { kind: 'action', action },
      description: `${description}; falls back to ${states[0]} by itself`,
      read: (charger, connector) => known(charger.control.connectors[connector]?.actions.get(action)?.active ?? 0),
    },
    {
      name: `${action}.result`,
      type: 'state',
      states: outcomes,
      description: `What became of the last ${action}`,
      read: (charger, connector) =>
        outcomeReading(charger.control.connectors[connector]?.actions.get(action)?.outcome ?? 'idle'),
    },
    {
      name: `${action}.sequence`,
      type: 'integer',
      description: `Counts each ${action} that was carried out or ignored`,
      read: (charger, connector) => known(charger.control.connectors[connector]?.actions.get(action)?.sequence ?? 0),
    },
  ]
}
