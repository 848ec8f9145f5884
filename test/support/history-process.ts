import type { Entry } from '../../src/core/history.ts'
import { openLocalHistories } from '../../src/store/history/open-local.ts'
import { HistoryWriter } from '../../src/store/history/write/writer.ts'

/**
 * Writes into a file of histories until it is killed: batches of ten messages and ten readings, each of 10 Wh more and a
 * minute later than the one before. Says how much the meter has told after each of them.
 */
const [file = '', begin = '0'] = process.argv.slice(2)
const keep = { keep: 86_400_000, maxSize: undefined }

const { histories } = await openLocalHistories(file, 'Depot', Date.now())
const writer = new HistoryWriter(histories, {
  days: (at) => new Date(at).toISOString().slice(0, 10),
  describe: ({ from, action, text }) => ({ sender: from, type: action, message: '', frame: text }),
  config: { log: keep, meters: keep },
})
for (let energy = Number(begin); ; ) {
  const entries: Entry[] = []
  for (let index = 0; index < 10; index += 1) {
    const at = Date.UTC(2026, 0, 1) + energy * 6000
    const of = { at, charger: 'CP-1' }
    entries.push({ ...of, kind: 'message', from: 'charger', form: 'call', action: 'Heartbeat', text: String(energy) })
    entries.push({ ...of, kind: 'metered', connector: 1, powerW: 600, energyWh: energy, session: undefined })
    energy += 10
  }
  writer.write(entries)
  process.stdout.write(`${energy}\n`)
}
