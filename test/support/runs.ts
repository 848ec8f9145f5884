import fc from 'fast-check'

/** SOAK=1 (npm run soak): as often as takes hours in sum; else as often as a gate has time for. */
const TIMES = process.env.SOAK === '1' ? 20 : 1

/** The same for all tests of a process, and printed: SEED=… repeats a run. */
export const seed = Number(process.env.SEED ?? Date.now() % 1_000_000)
fc.configureGlobal({ seed })
console.log(`random: seed ${seed}`)

export function runs(times: number): number {
  return times * TIMES
}
