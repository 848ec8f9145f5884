import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openLocal, ownFolder } from './support.ts'

const program = fileURLToPath(new URL('../../../support/history-process.ts', import.meta.url))
const folder = ownFolder()

/** Writes until it has said so many batches, is killed in the middle of whatever it does then, and answers what it said last. */
async function writeAndDie(file: string, begin: number, batches: number): Promise<number> {
  const words = ['--import', 'tsx', program, file, String(begin)]
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let last = begin
  let said = 0
  for await (const line of createInterface(child.stdout)) {
    last = Number(line)
    said += 1
    if (said === batches) child.kill('SIGKILL')
  }
  await ended
  return last
}

it('a process that is killed leaves whole batches, and the next one goes on counting from them', {
  timeout: 120_000,
}, async () => {
  const file = join(folder.path, 'history.db')
  let begin = 0
  for (const batches of [3, 40, 11]) {
    const said = await writeAndDie(file, begin, batches)
    const { raw } = await openLocal(file)
    const one = (query: string) => raw.prepare(query).pluck().get() as number
    const head = one('SELECT energy FROM head')
    const readings = head / 10 + 1
    // Whatever was said is there, and what was not said is there as a whole or not at all.
    expect(head).toBeGreaterThanOrEqual(said - 10)
    expect(readings % 10).toBe(0)
    expect(one('SELECT count(*) FROM log')).toBe(readings)
    expect(one('SELECT count(*) FROM meter')).toBe(readings)
    for (const table of ['quarter_hour', 'day']) {
      expect(one(`SELECT sum(energy) FROM ${table}`)).toBeCloseTo(head, 6)
      expect(one(`SELECT sum(samples) FROM ${table}`)).toBe(readings)
    }
    expect(one('SELECT count(DISTINCT revision) FROM log')).toBe(readings)
    raw.close()
    begin = head + 10
  }
})
