#!/usr/bin/env node
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { adopt } from './adopt.ts'
import { addBackupCommands } from './backup/commands.ts'
import { type ChargerFormat, chargerFormats, formatChargers, listChargers } from './chargers.ts'
import type { Listing, Store } from './core/ports.ts'
import { runDemo } from './demo.ts'
import { discoverPoints } from './discover.ts'
import type { Gateway } from './gateway.ts'
import { historyCommand } from './history/command.ts'
import { openKept } from './kept.ts'
import { systemClock } from './lib/clock.ts'
import type { Log } from './lib/log.ts'
import { didYouMean } from './lib/nearest.ts'
import { pinoLog } from './lib/pino-log.ts'
import { formatProblem, hasErrors, type Problem } from './lib/problem.ts'
import { version } from './lib/version.ts'
import { exportFormats, exportPoints, isSingleFile } from './mapping/export.ts'
import { formatPoints, isListFormat, type ListFormat, listFormats, listPoints } from './mapping/list.ts'
import { type Drawn, draw, keepNumbers, type Plan } from './plan.ts'
import { northbound } from './plugins.ts'
import { runBridge } from './run.ts'
import { simulate } from './simulator/simulate.ts'
import { violation } from './southbound/ocpp/v16/validate.ts'
import { lockAlone } from './store/lock.ts'
import { viewStore } from './store/read.ts'
import { giveRoom } from './store/reserve.ts'
import { openSqlite } from './store/sqlite.ts'
import { UnusableStore } from './store/unusable-store.ts'

interface SimulateFlags {
  readonly url: string
  readonly id: string
  readonly connectors: number
  readonly password?: string
  readonly passwordHex?: Uint8Array
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly csr?: string
  readonly secureUrl?: string
  readonly seed: number
}

/** sysexits.h: something is wrong in a configuration file. */
const EX_CONFIG = 78
const STOP_WITHIN_MS = 5_000
/** How the files of `points --out` end. */
const endings: Record<ListFormat, string> = { table: 'txt', json: 'json', csv: 'csv', markdown: 'md' }
const LOG_LEVELS = ['debug', 'info', 'warn', 'error']

const program = new Command('ocpp-bms-bridge')
  .description('EV chargers (OCPP 1.6J) as BACnet devices and Modbus registers, and writes back')
  .version(version)
  .addOption(new Option('--log-level <level>', 'how much is logged').choices(LOG_LEVELS).default('info'))

const config = () => new Option('--config <file>', 'the configuration').default('config.yaml')

program
  .command('run', { isDefault: true })
  .description('start the bridge')
  .addOption(config())
  .action(async ({ config: file }: { config: string }) => {
    const log = logger()
    const parts = {
      file,
      log,
      openKept: (plan: Plan) => openKept(plan, log),
      started: (gateway: Gateway) => started(gateway, log),
    }
    const bridge = await runBridge(planned(file, log), parts)
    process.on('SIGHUP', () => bridge.reload())
    stopOnSignal(() => bridge.stop())
  })

program
  .command('demo')
  .description('the bridge and simulated chargers, on loopback and unprivileged ports')
  .addOption(
    new Option('--chargers <number>', 'how many chargers to simulate').argParser(wholeNumber(1, 200)).default(4),
  )
  .option('--config <file>', 'a configuration whose chargers are simulated, instead of the built-in one')
  .action(async ({ chargers, config: file }: { chargers: number; config?: string }) => {
    const log = logger('warn')
    const demo = runDemo({
      chargers,
      file,
      log,
      planned: (path) => planned(path, log),
      openKept: (plan) => openKept(plan, log),
    })
    const addresses = await started(demo.gateway, log)
    demo.populate(addresses)
    stopOnSignal(() => demo.stop())
  })

program
  .command('check')
  .description('every problem in the configuration and its mappings; exit code 0 or 78')
  .addOption(config())
  .action(({ config: file }: { config: string }) => {
    const { problems, listings } = draw(file)
    for (const problem of problems) console.log(formatProblem(problem))
    if (hasErrors(problems)) process.exitCode = EX_CONFIG
    else console.error(verdict(file, listings))
  })

program
  .command('points')
  .description('what the BMS will see, without starting anything')
  .addOption(config())
  .addOption(
    new Option('--format <format>', 'how to write it')
      .choices([...listFormats, ...exportFormats(northbound)])
      .default('table'),
  )
  .option('--out <folder>', 'write it into a file there instead of to standard output')
  .action(async ({ config: file, format, out }: { config: string; format: string; out?: string }) => {
    if (out === undefined && !isListFormat(format)) mayPrint(format)
    const { problems, plan, listings } = draw(file)
    tell(problems)
    if (plan === undefined) {
      process.exitCode = EX_CONFIG
      return
    }
    // What is printed is what a run will show, now and for ever.
    const store = openStore(logger())(plan)
    keepNumbers(plan, store)
    store.close()
    const shown = { protocols: northbound, configs: plan.settings.northbound }
    if (!isListFormat(format)) {
      const context = { site: plan.settings.site, version, at: systemClock.now() }
      for (const [name, content] of await exportPoints(format, listings, shown, context)) {
        if (out === undefined) process.stdout.write(content)
        else write(out, name, content)
      }
      return
    }
    // A sheet has room for all that there is to say.
    const points = listPoints(listings, { ...shown, details: format === 'csv' })
    const text = formatPoints(points, format)
    if (out === undefined) process.stdout.write(text)
    else write(out, `points.${endings[format]}`, text)
  })

const chargers = program
  .command('chargers')
  .description('the chargers of the configuration, and those that knocked and are not in it')
  .enablePositionalOptions()
  .allowExcessArguments()
  .addOption(config())
  .addOption(new Option('--format <format>', 'how to write it').choices([...chargerFormats]).default('table'))
  .action(({ config: file, format }: { config: string; format: ChargerFormat }, command: Command) => {
    knownCommand(command, command.args[0])
    const { problems, plan } = draw(file)
    if (plan === undefined) {
      tell(problems)
      process.exitCode = EX_CONFIG
      return
    }
    process.stdout.write(formatChargers(listChargers(plan, viewStore(plan.settings.store)), format))
  })

chargers
  .command('adopt')
  .description('put a charger into the configuration, of which all else stays as it is')
  .argument('<id>', 'its identifier, in any letter case')
  .option('--name <name>', 'its name in the building; without it, the identifier')
  .option('--mapping <mapping>', 'what it shows, such as standard, standard-dc or full')
  .option('--config <file>', 'the configuration')
  .action((id: string, options: { name?: string; mapping?: string; config?: string }) => {
    const { name, mapping } = options
    const file = options.config ?? chargers.opts<{ config: string }>().config
    const adopted = adopt({ file, id, name, mapping, openStore: openStore(logger()) })
    if (adopted.kind === 'adopted') {
      tell(adopted.warnings)
      console.log(adopted.message)
      return
    }
    if (adopted.kind === 'problems') tell(adopted.problems)
    console.error(adopted.message)
    process.exitCode = adopted.kind === 'problems' ? EX_CONFIG : 1
  })

program
  .command('discover')
  .description('mapping rows for all that a charger has ever shown and its mapping does not')
  .argument('<id>', 'the charge point identifier')
  .addOption(config())
  .action((id: string, { config: file }: { config: string }) => {
    const { problems, rows, why } = discoverPoints(id, file)
    tell(problems)
    if (rows !== undefined) process.stdout.write(rows)
    else if (why === undefined) process.exitCode = EX_CONFIG
    else {
      console.error(why)
      process.exitCode = 1
    }
  })

program
  .command('simulate')
  .description('one simulated charge point against any OCPP 1.6J central system')
  .requiredOption('--url <url>', 'its address, such as ws://127.0.0.1:8887 or wss://127.0.0.1:8888')
  .requiredOption('--id <identifier>', 'the charge point identifier')
  .addOption(new Option('--connectors <number>', 'how many connectors it has').argParser(wholeNumber(1, 64)).default(2))
  .addOption(new Option('--password <password>', 'for HTTP Basic authentication').conflicts('passwordHex'))
  .addOption(new Option('--password-hex <digits>', 'the same as hexadecimal digits').argParser(hexadecimal))
  .addOption(new Option('--ca <file>', 'PEM: who may have signed the certificate of wss://').argParser(fileText))
  .addOption(new Option('--cert <file>', 'PEM: its own certificate; needs --key').argParser(fileText))
  .addOption(new Option('--key <file>', 'PEM: the key of --cert').argParser(fileText))
  .addOption(new Option('--csr <file>', 'PEM: what it asks to be signed').argParser(fileText))
  .option('--secure-url <url>', 'where it goes when its SecurityProfile key is raised, such as wss://127.0.0.1:8888')
  .addOption(new Option('--seed <number>', 'repeats a run').argParser(wholeNumber(0, 2 ** 31)).default(1))
  .action((options: SimulateFlags) => {
    const { url, id, ca, cert, key, csr, connectors, secureUrl, seed } = options
    if ((cert === undefined) !== (key === undefined)) throw new Error('--cert and --key go together: give both')
    const password = options.passwordHex ?? options.password
    const dial = {
      url,
      id,
      ...(password !== undefined && { password }),
      ...(ca !== undefined && { ca: [ca] }),
      ...(cert !== undefined && key !== undefined && { cert, key }),
    }
    const stop = simulate({ dial, connectors, csr, secureUrl, seed, clock: systemClock, log: logger(), violation })
    stopOnSignal(async () => stop())
  })

program.addCommand(historyCommand())
addBackupCommands(program)

// Whoever reads through `head` has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

try {
  // Before `run`, the default, takes any word for one of its own.
  knownCommand(program, program.parseOptions(process.argv.slice(2)).operands[0])
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}

/** Ends with what may be meant when a word is no command. */
function knownCommand(command: Command, word: string | undefined): void {
  const names = command.commands.map((each) => each.name())
  if (word === undefined || word === 'help' || names.includes(word)) return
  command.error(`there is no command ${word}${didYouMean(word, names)}: one of ${names.join(', ')}`)
}

function logger(quiet?: 'warn'): Log {
  const { logLevel } = program.opts<{ logLevel: string }>()
  return pinoLog(quiet !== undefined && program.getOptionValueSource('logLevel') === 'default' ? quiet : logLevel)
}

/** A plan without problems, or the end of the process with all of them said. */
function planned(file: string, log: Log): Plan {
  const { problems, plan } = drawnFromSaved(file, log)
  tell(problems.filter((problem) => !problem.warning || plan === undefined))
  if (plan === undefined) process.exit(EX_CONFIG)
  for (const problem of problems) log.warn({}, formatProblem(problem))
  return plan
}

/** Where chargers stand is in the store: what is damaged of that is saved first, and on a full disk it has room of its own. */
function drawnFromSaved(file: string, log: Log): Drawn {
  try {
    return draw(file)
  } catch (error) {
    if (!(error instanceof UnusableStore)) throw error
    // Nobody's file is moved away while it is in use.
    const lock = lockAlone(error.file)
    try {
      if (error.damaged) openSqlite(error.file, systemClock, { log, damaged: 'salvage' }).close()
      else if (!giveRoom(error.file)) throw error
    } finally {
      lock.release()
    }
    return draw(file)
  }
}

/** Refuses a format that is no text for a terminal, or several files for one output. */
function mayPrint(format: string): void {
  if (!isSingleFile(format, northbound))
    throw new Error(`--format ${format} makes several files: say with --out into which folder`)
  if (process.stdout.isTTY)
    throw new Error(`--format ${format} makes a file that no terminal can show: say with --out into which folder`)
}

/** Writes a file of `points --out`. */
function write(folder: string, name: string, content: string | Uint8Array): void {
  mkdirSync(folder, { recursive: true })
  const written = join(folder, name)
  writeFileSync(written, content)
  console.error(`${written} written`)
}

/** What a right config amounts to. */
function verdict(file: string, listings: readonly Listing[]): string {
  const points = listings.reduce((sum, listing) => sum + listing.points.length, 0)
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
  return `${file} can be run: ${count(listings.length - 1, 'charger')}, ${count(points, 'point')}`
}

function tell(problems: readonly Problem[]): void {
  for (const problem of problems) console.error(formatProblem(problem))
}

function openStore(log: Log): (plan: Plan) => Store {
  return (plan) => openSqlite(plan.settings.store, systemClock, { log })
}

/** Starts every listener and prints the ready line; what can't be started is one line and exit code 1. */
async function started(gateway: Gateway, log: Log): Promise<ReadonlyMap<string, string>> {
  let addresses: ReadonlyMap<string, string>
  try {
    addresses = await gateway.start()
  } catch (error) {
    console.error(startProblem(error as NodeJS.ErrnoException & { address?: string; port?: number }))
    process.exit(1)
  }
  const all = [...addresses].flatMap(([name, each]) => each.split(',').map((address) => ({ name, address })))
  for (const { name, address } of all) {
    // Without a token it doesn't listen anywhere else.
    if (name !== 'web' && !/^(tls|rtu):|127\.\d+\.\d+\.\d+|localhost|\[::1\]/.test(address)) {
      log.warn(
        { name, address },
        `${name} listens on ${address} without authentication: keep it on a network of its own`,
      )
    }
  }
  console.log(`ready ${[...addresses].map(([name, address]) => `${name}=${address}`).join(' ')}`)
  return addresses
}

function startProblem(error: NodeJS.ErrnoException & { address?: string; port?: number }): string {
  const where = error.address === undefined ? '' : `${error.address}:${error.port}`
  if (error.code === 'EADDRINUSE')
    return `${where} is taken by another program: stop it, or choose another port under listen`
  if (error.code === 'EACCES')
    return `${where} may not be opened: ports below 1024 need the right to bind them (setcap cap_net_bind_service)`
  if (error.code === 'EADDRNOTAVAIL') return `${where} is no address of this machine: see listen in the config`
  return error.message
}

function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false
  const end = (): void => {
    if (stopping) process.exit(1)
    stopping = true
    // Whatever hangs is left behind; the store has what was answered.
    setTimeout(() => process.exit(1), STOP_WITHIN_MS - 500).unref()
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`write a number from ${least} to ${most}`)
    return value
  }
}

function hexadecimal(text: string): Uint8Array {
  if (!/^([0-9a-f]{2})+$/i.test(text)) throw new InvalidArgumentError('write pairs of hexadecimal digits')
  return Buffer.from(text, 'hex')
}

function fileText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InvalidArgumentError(`${file} can't be read: ${(error as NodeJS.ErrnoException).code}`)
  }
}
