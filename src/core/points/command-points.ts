import { ANSWER_LENGTH } from '../charger/last-command.ts'
import { commandNames, outcomes } from '../charger/vocabulary.ts'
import type { ChargerPointDefinition, PointReading } from './point.ts'
import { known, outcomeReading } from './reading.ts'

const never: PointReading = { value: undefined, quality: 'never' }

/** What the building wanted last of a connector, or of the charge point at connector 0, and what became of it. */
export const commandPoints: readonly ChargerPointDefinition[] = [
  {
    name: 'command.last',
    type: 'state',
    states: commandNames,
    description: 'What the building wanted last',
    read(charger, connector) {
      const what = charger.control.connectors[connector]?.lastCommand.what
      return what === undefined
        ? { value: commandNames.length - 1, quality: 'never' }
        : known(commandNames.indexOf(what))
    },
  },
  {
    name: 'command.state',
    type: 'state',
    states: outcomes,
    description: 'What became of the last command: Pending until the charger answered',
    read: (charger, connector) => outcomeReading(charger.control.connectors[connector]?.lastCommand.outcome ?? 'idle'),
  },
  {
    name: 'command.sequence',
    type: 'integer',
    description: 'Grows by one with every command, from 65534 to 1; kept over restarts',
    read: (charger, connector) => known(charger.control.connectors[connector]?.lastCommand.sequence ?? 0),
  },
  {
    name: 'command.answer',
    type: 'text',
    length: ANSWER_LENGTH,
    description: "The charger's own word for the last command; empty until it answered",
    read(charger, connector) {
      const last = charger.control.connectors[connector]?.lastCommand
      return last?.what === undefined ? never : known(last.answer)
    },
  },
]
