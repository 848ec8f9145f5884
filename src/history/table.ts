import { localTime } from '../lib/moment.ts'
import { aligned, harmless } from '../lib/table.ts'
import type { Cell, Table } from '../store/history/export/table.ts'
import type { LogEntry } from '../store/history/query/log.ts'

/** Rows as columns for a terminal, times in local time; what is the same in all of them isn't shown. */
export function tableText<Row>({ columns }: Table<Row>, rows: readonly Row[], left: readonly string[]): string {
  const shown = columns.filter(({ key }) => !left.includes(key))
  return lines(
    aligned([
      shown.map(({ title, short }) => short ?? title),
      ...rows.map((row) => shown.map((column) => text(column.cell(row)))),
    ]),
  )
}

/** Lines of the log below each other, also those that come later. */
export class LogLines {
  readonly #frames: boolean
  #identifier = 10
  #type = 24

  constructor(frames: boolean) {
    this.#frames = frames
  }

  text(entries: readonly LogEntry[]): string {
    for (const { charger, type } of entries) {
      this.#identifier = Math.max(this.#identifier, charger.length)
      this.#type = Math.max(this.#type, type.length)
    }
    return lines(entries.flatMap((entry) => this.#lines(entry)))
  }

  #lines({ at, charger, type, message, frame }: LogEntry): readonly string[] {
    const cells = [localTime(at), charger.padEnd(this.#identifier), type.padEnd(this.#type), message]
    const line = cells.map(harmless).join('  ').trimEnd()
    return this.#frames && frame !== '' ? [line, `    ${harmless(frame)}`] : [line]
  }
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('')
}

function text(cell: Cell): string {
  if (cell instanceof Date) return localTime(cell.getTime())
  if (typeof cell === 'boolean') return cell ? 'yes' : ''
  return String(cell ?? '')
}
