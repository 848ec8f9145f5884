import { existsSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { formatProblem, type Problem } from '../lib/problem.ts'
import { harmless } from '../lib/table.ts'
import { type BackedUp, backup } from './backup.ts'
import { HISTORY, LISTS, MAPPINGS, type Manifest } from './manifest.ts'
import { finishRestore } from './placing.ts'
import { type Restored, restore } from './restore.ts'

/** sysexits.h: something is wrong in a configuration file. */
const EX_CONFIG = 78

/** Adds `backup` and `restore`; every command that reads a config first finishes a restore of it that was interrupted. */
export function addBackupCommands(program: Command): void {
  const config = () => new Option('--config <file>', 'the configuration').default('config.yaml')

  program.hook('preAction', (_program, command) => {
    const { config: file } = command.optsWithGlobals<{ config?: string }>()
    if (file !== undefined && finishRestore(file))
      console.error(`the restore of ${file} that was interrupted is done now`)
  })

  program
    .command('backup')
    .description('config, mappings, state and histories in one file, of a bridge that runs or not')
    .argument('<file>', 'where it goes, such as bridge.tar.gz; passwords are in it')
    .addOption(config())
    .option('--without-histories', 'only what the bridge needs to go on')
    .option('--force', 'replace a backup that is there')
    .action(async (file: string, options: { config: string; withoutHistories?: true; force?: true }) => {
      const { config: from, withoutHistories, force } = options
      const common = { file, config: from, force: force === true, now: Date.now(), signal: interrupted() }
      const done = await backup({ ...common, histories: withoutHistories !== true })
      if (done.kind === 'problems') return tell(done.problems, `nothing was backed up: first mend ${from}`)
      for (const line of backedUp(file, done)) console.log(line)
    })

  program
    .command('restore')
    .description('bring back what a backup holds; all of it, or nothing changes')
    .argument('<file>', 'what backup wrote')
    .addOption(config())
    .option('--force', 'put aside, under another name, what is there already')
    .action(async (file: string, { config: to, force }: { config: string; force?: true }) => {
      const done = await restore({ file, config: to, force: force === true, now: Date.now(), signal: interrupted() })
      if (done.kind === 'problems') {
        const why = `nothing was restored: the config in ${file}, of version ${done.manifest.version}, can't be read here`
        return tell(done.problems, why)
      }
      for (const line of restored(file, to, done)) console.log(harmless(line))
    })
}

/** Aborted when somebody ends this process: what was begun is taken away. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new Error(`ended by ${signal}: nothing was changed`)))
  return controller.signal
}

function tell(problems: readonly Problem[], last: string): void {
  for (const problem of problems) console.error(formatProblem(problem))
  console.error(harmless(last))
  process.exitCode = EX_CONFIG
}

function* backedUp(file: string, { manifest, bytes, leftOut }: BackedUp & { readonly kind: 'done' }): Iterable<string> {
  yield `${file} written: ${contents(manifest)}; ${size(bytes)}, readable by you alone, for passwords are in it`
  const { certificates, variables, postgres } = leftOut
  if (certificates.length > 0) yield `not in it: certificates and keys: ${certificates.join(', ')}`
  if (variables.length > 0) yield `not in it: what the config takes from the environment: ${variables.join(', ')}`
  if (postgres) yield 'not in it: the database of the histories: back it up with pg_dump'
}

function* restored(file: string, config: string, done: Restored & { readonly kind: 'done' }): Iterable<string> {
  const { manifest, aside, changed, named } = done
  yield `${config} restored from ${file}, made at ${manifest.createdAt} by version ${manifest.version}: ${contents(manifest)}`
  for (const path of aside) yield `put aside: ${path}`
  if (changed.length > 0)
    yield `of the mappings that come with the bridge these are not what they were: ${changed.join(', ')}; see what points says, the old ones are in ${file} under packaged/`
  const missing = named.certificates.filter((path) => !existsSync(path))
  if (missing.length > 0)
    yield `not in the backup and not here: ${missing.join(', ')}: put them there before the bridge starts`
  if (named.postgres)
    yield 'the database of the histories is as it was: restore it with pg_restore where that is needed'
}

function contents({ files }: Manifest): string {
  const has = (prefix: string) => files.filter(({ path }) => path.startsWith(prefix)).length
  const count = (number: number, word: string) => (number === 0 ? [] : [`${number} ${word}${number === 1 ? '' : 's'}`])
  return [
    'config',
    ...count(has(MAPPINGS), 'mapping'),
    ...count(has(LISTS), 'list of identifiers'),
    'state',
    has(HISTORY) === 0 ? 'no histories' : 'histories',
  ].join(', ')
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
