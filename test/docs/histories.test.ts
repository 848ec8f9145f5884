import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { historyCommand } from '../../src/history/command.ts'
import { formatProblem } from '../../src/lib/problem.ts'
import { draw } from '../../src/plan.ts'
import { defaults } from '../../src/store/history/config.ts'
import { migrate, openSqliteHistories } from '../../src/store/history/database.ts'
import { logTable, transactionTable } from '../../src/store/history/export/columns.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/histories.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'histories-md-'))
  process.env.PGPASSWORD = 'secret'
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  delete process.env.PGPASSWORD
})

function read(config: string): ReturnType<typeof draw> {
  const file = join(folder, 'config.yaml')
  writeFileSync(file, config)
  return draw(file)
}

/** Of the tables of a section the cells of each row, without backquotes. */
function rows(title: string): readonly (readonly string[])[] {
  const section =
    page
      .split(new RegExp(`\n##+ ${title}\n`))[1]
      ?.split('\n## ')[0]
      ?.split('\n### ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}

const listed = (text = '') => text.split(', ').map((each) => each.replace(/ \(.*$/, ''))

describe('docs/histories.md', () => {
  it('has configs that are right as they stand, and the defaults', () => {
    const configs = blocks('yaml')
    expect(configs).toHaveLength(3)
    for (const config of configs) expect(read(config).problems.map(formatProblem), config).toEqual([])
    expect(read(configs[0] ?? '').plan?.settings.services.history).toEqual(defaults)
  })

  it('has every option of the command, with what it is for', () => {
    const told = rows('Reading').flatMap(([options = '', of = '']) =>
      (of === 'all' ? ['log', 'transactions', 'meters'] : of.split(', ')).flatMap((name) =>
        options.split(', ').map((option) => `${name} ${option}`),
      ),
    )
    const real = historyCommand().commands.flatMap((command: Command) =>
      command.options.flatMap(({ long }) => (long === '--config' ? [] : [`${command.name()} ${long}`])),
    )
    expect([...told].sort()).toEqual([...real].sort())
  })

  it.each([
    ['The general log', logTable(new Map()).columns],
    ['Transactions', transactionTable(new Map()).columns],
  ])('has every column under “%s”, in its order', (title, columns) => {
    const told = rows(title).flatMap(([names = '', keys = '']) => {
      const inJson = keys.split(', ')
      return names.split(', ').map((name, index) => `${name}: ${inJson[index]}`)
    })
    expect(told).toEqual(columns.map((column) => `${column.title}: ${column.key}`))
  })

  it('has every table and column of the database, and asks for no others', async () => {
    const { db, raw } = openSqliteHistories(join(folder, 'histories.db'))
    await migrate(db, 'sqlite')
    const columnsOf = (table: string) => raw.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(table)
    const told = rows('Tables, and questions to them')
    expect(told).toHaveLength(7)
    for (const [table = '', columns] of told.slice(0, -1)) expect(listed(columns), table).toEqual(columnsOf(table))
    const questions = blocks('sql').filter((sql) => sql.startsWith('SELECT'))
    expect(questions.length).toBeGreaterThan(3)
    const known = new Set([...told.map(([table]) => table), ...told.flatMap(([table = '']) => columnsOf(table))])
    for (const sql of questions) {
      const results = [...sql.matchAll(/ AS (\w+)/g)].map(([, name]) => name)
      const names = sql.replace(/'[^']*'|\$\w+\(\)/g, '').match(/\b[a-z_]+\b(?!\()/g) ?? []
      const own = names.filter((name) => !known.has(name) && !results.includes(name))
      expect(own, sql).toEqual([])
    }
    raw.close()
  })
})
