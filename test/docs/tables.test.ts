import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  authorizeModes,
  commandNames,
  connectorStatuses,
  errorCodes,
  limitEvidences,
  limitReasons,
  outcomes,
  registrations,
} from '../../src/core/charger/vocabulary.ts'
import { standardKeys } from '../../src/core/points/standard-keys.ts'

const docs = join(import.meta.dirname, '../../docs')

/** The rows of the tables of one section, without header. */
function rows(page: string, title?: string): readonly (readonly string[])[] {
  const text = readFileSync(join(docs, page), 'utf8')
  const section = title === undefined ? text : (text.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '')
  return section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

describe('docs/states.md', () => {
  it.each([
    ['Status', connectorStatuses],
    ['Error code', errorCodes],
    ['Who decided the limit', limitReasons],
    ['How a limit is known to be in force', limitEvidences],
    ['What became of a command', outcomes],
    ['What was wanted last', commandNames],
    ['Registration', registrations],
    ['Who may charge', authorizeModes],
  ])('has every state of "%s" with its published number', (title, states) => {
    expect(rows('states.md', title).map(([number, state]) => `${number} ${state}`)).toEqual(
      states.map((state, index) => `${index} ${state}`),
    )
  })
})

it('docs/configuration-keys.md has every key of the standard, with its unit and who may write it', () => {
  expect(rows('configuration-keys.md').map(([key, access, unit]) => [key, access, unit])).toEqual(
    Object.entries(standardKeys).map(([key, row]) => [`\`${key}\``, row.access, row.unit ?? '']),
  )
})
