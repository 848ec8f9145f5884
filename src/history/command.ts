import { extname } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../lib/clock.ts'
import { localDate, MOMENT_FORMS, midnight, parseMoment } from '../lib/moment.ts'
import { didYouMean } from '../lib/nearest.ts'
import { formatProblem } from '../lib/problem.ts'
import { draw, type Plan } from '../plan.ts'
import { exportForms } from '../store/history/config.ts'
import type { Export, ExportForm } from '../store/history/export/export.ts'
import { type Resolution, resolutions } from '../store/history/query/meters.ts'
import { followLog } from './follow.ts'
import { openHistories, type ReadHistories } from './open-histories.ts'
import { historyText, logText, mayWrite, type Shown, writeHistory, writeText } from './output.ts'
import { LogLines } from './table.ts'

const formats = ['table', ...exportForms] as const
type Format = (typeof formats)[number]

/** So many rows are what a terminal is for. */
const TABLE_LIMIT = 100

interface Flags {
  readonly config: string
  readonly from?: number
  readonly to?: number
  readonly charger?: readonly string[]
  readonly format?: Format
  readonly out?: string
  readonly limit?: number
}

interface LogFlags extends Flags {
  readonly type?: readonly string[]
  readonly text?: string
  readonly frame?: true
  readonly follow?: true
}

interface TransactionFlags extends Flags {
  readonly connector?: number
  readonly idTag?: string
  readonly running?: true
  readonly samples?: true
}

interface MeterFlags extends Flags {
  readonly connector?: number
  readonly resolution: Resolution
}

/** The exit code where the configuration has problems. */
const EX_CONFIG = 78

/** `history log|transactions|meters`: what a bridge has recorded, whether or not it runs. */
export function historyCommand(): Command {
  const command = new Command('history').description('what the bridge has recorded, whether or not it runs')
  command.addCommand(logCommand())
  command.addCommand(transactionsCommand())
  command.addCommand(metersCommand())
  return command
}

function logCommand(): Command {
  return filtered('log', 'every message of a charger and every write of a building')
    .option('--type <name>', 'such as BootNotificationRequest, or its beginning; may be repeated', repeated)
    .option('--text <text>', 'only what has this in its message or frame, in any letter case')
    .option('--frame', 'show the frame below each line')
    .option('--follow', 'show what is written from now on, too, until it is interrupted')
    .action(async (flags: LogFlags) => {
      const { from, to, type: types, text } = flags
      const lines = new LogLines(flags.frame === true)
      if (flags.follow && (formatOf(flags) !== 'table' || flags.out !== undefined))
        throw new Error('--follow shows lines on the terminal: leave --format and --out away')
      if (flags.follow && to !== undefined) throw new Error('--follow has no end: leave --to away')
      await reading(flags, async ({ db, plan, histories }) => {
        const filter = { from, to, types, text, chargers: chargersOf(flags, plan) }
        if (flags.follow) {
          const stop = new AbortController()
          for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
          const parts = {
            clock: systemClock,
            open: () => openHistories(plan),
            filter,
            lines,
            limit: flags.limit ?? TABLE_LIMIT,
            print: (shown: string) => void process.stdout.write(shown),
            complain: (complaint: string) => console.error(complaint),
          }
          return followLog(histories, parts, stop.signal)
        }
        const what: Export = { history: 'log', filter, limit: flags.limit }
        return output(flags, what, db, (limit) => logText(db, filter, lines, limit))
      })
    })
}

function transactionsCommand(): Command {
  return filtered('transactions', 'who charged when, and how much')
    .addOption(connector())
    .option('--id-tag <tag>', 'only of this tag, as it is shown')
    .option('--running', 'only those without an end')
    .option('--samples', 'with --format json: how the energy of each one grew')
    .action(async (flags: TransactionFlags) => {
      const { from, to, connector, idTag, running, samples } = flags
      if (samples && formatOf(flags) !== 'json')
        throw new Error('--samples needs --format json: others have no room for them')
      await reading(flags, ({ db, plan }) => {
        const filter = { from, to, connector, idTag, running, chargers: chargersOf(flags, plan) }
        const now = systemClock.now()
        return output(flags, { history: 'transactions', filter, now, samples, limit: flags.limit }, db)
      })
    })
}

function metersCommand(): Command {
  return filtered('meters', 'power and energy of each connector')
    .addOption(connector())
    .addOption(
      new Option('--resolution <resolution>', 'as received, or rolled up').choices(resolutions).default('quarterHour'),
    )
    .action(async (flags: MeterFlags) => {
      await reading(flags, ({ db, plan }) => output(flags, metersOf(flags, plan), db))
    })
}

function metersOf(flags: MeterFlags, plan: Plan): Export {
  const { from, to, connector, resolution, limit } = flags
  const filter = { connector, chargers: chargersOf(flags, plan) }
  if (resolution === 'day') {
    // A day that has begun within the time belongs to it as a whole.
    const dates = {
      ...(from !== undefined && { from: localDate(from) }),
      ...(to !== undefined && { to: localDate(midnight(to - 1, 1)) }),
    }
    return { history: 'days', filter: { ...filter, ...dates }, limit }
  }
  return { history: resolution === 'received' ? 'meters' : 'quarterHours', filter: { ...filter, from, to }, limit }
}

function filtered(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(new Option('--from <moment>', `not what was before: ${MOMENT_FORMS}`).argParser(moment('start')))
    .addOption(new Option('--to <moment>', 'nor from then on; a day counts up to its end').argParser(moment('end')))
    .option('--charger <identifier>', 'only of this charger; may be repeated', repeated)
    .addOption(new Option('--format <format>', 'how to write it (default: table, or as --out ends)').choices(formats))
    .option('--out <file>', 'write it into this file')
    .addOption(
      new Option('--limit <number>', `only the newest (default of a table: ${TABLE_LIMIT})`).argParser(
        wholeNumber(1, 1_000_000_000),
      ),
    )
    .addOption(new Option('--config <file>', 'the configuration').default('config.yaml'))
}

function connector(): Option {
  return new Option('--connector <number>', 'only of this connector').argParser(wholeNumber(0, 1_000))
}

interface Reading {
  readonly plan: Plan
  readonly histories: ReadHistories
  readonly db: ReadHistories['db']
}

/** Opens the histories for as long as somebody reads; what keeps it from that is one line and exit code 1, or 78. */
async function reading(flags: Flags, read: (reading: Reading) => Promise<void>): Promise<void> {
  if (flags.from !== undefined && flags.to !== undefined && flags.from >= flags.to)
    throw new Error('--from is not before --to: nothing lies between them')
  if (flags.out !== undefined) mayWrite(flags.out)
  mayBeTable(flags)
  if (formatOf(flags) === 'xlsx' && flags.out === undefined && process.stdout.isTTY)
    throw new Error('--format xlsx makes a file that no terminal can show: say with --out into which')
  const { problems, plan } = draw(flags.config)
  if (plan === undefined) {
    for (const problem of problems) console.error(formatProblem(problem))
    process.exitCode = EX_CONFIG
    return
  }
  const histories = await openHistories(plan)
  if (typeof histories === 'string') {
    console.error(histories)
    process.exitCode = 1
    return
  }
  try {
    await read({ plan, histories, db: histories.db })
  } finally {
    await histories.close()
  }
}

async function output(
  flags: Flags,
  what: Export,
  db: Reading['db'],
  show: (limit: number) => Promise<Shown> = (limit) => historyText(db, what, limit),
): Promise<void> {
  const format = formatOf(flags)
  if (format === 'table') {
    const { text, rows, more } = await show(flags.limit ?? TABLE_LIMIT)
    if (flags.out === undefined) process.stdout.write(text)
    else await writeText(text, flags.out)
    if (rows === 0) console.error('nothing was recorded that fits')
    else if (more) console.error(`only the newest ${rows}: --limit shows more, --format csv all`)
  } else await writeHistory(db, what, format, flags.out)
  if (flags.out !== undefined) console.error(`${flags.out} written`)
}

/** A file that was to be `november.xls` is no table of the newest rows. */
function mayBeTable({ format, out }: Flags): void {
  const ending = endingOf(out)
  if (format === undefined && !['', 'txt', ...exportForms].includes(ending))
    throw new Error(
      `--out ${out}: nothing is written as ${ending}${didYouMean(ending, exportForms)}: end it with .csv, .xlsx, .json or .txt, or say --format`,
    )
}

function endingOf(out: string | undefined): string {
  return out === undefined ? '' : extname(out).slice(1).toLowerCase()
}

/** What is said, else what the file's name says. */
function formatOf({ format, out }: Flags): Format {
  const ending = endingOf(out)
  return format ?? exportForms.find((form: ExportForm) => form === ending) ?? 'table'
}

/** Identifiers in the letter case of the config; one that isn't in it any more is taken as it stands. */
function chargersOf({ charger }: Flags, { settings }: Plan): readonly string[] | undefined {
  const known = new Map(settings.chargers.map(({ settings: { id } }) => [id.toLowerCase(), id]))
  return charger?.map((id) => known.get(id.toLowerCase()) ?? id)
}

function moment(edge: 'start' | 'end'): (text: string) => number {
  return (text) => {
    const at = parseMoment(text, systemClock.now(), edge)
    if (at === undefined) throw new InvalidArgumentError(`write ${MOMENT_FORMS}`)
    return at
  }
}

function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`write a number from ${least} to ${most}`)
    return value
  }
}
