import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Message } from '../../src/core/history.ts'
import { draw } from '../../src/plan.ts'
import { liveSite } from '../support/live-site.ts'
import { until } from '../unit/southbound/ocpp/support.ts'

const CONFIG = `chargers:
  - { id: CP-1, name: Bay 01, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }
  - { id: CP-2, name: Bay 02, electrical: { maxCurrent: 32, phases: 3, voltage: 230 } }
`

describe('log.filter', () => {
  it('leaves the lines and messages of the others out, taken up and given up while the bridge runs', async () => {
    const own = await liveSite(CONFIG)
    try {
      const about = (id: string) => own.logged.filter((line) => line.includes(`"charger":"${id}"`)).length
      const told = (id: string) => own.told.filter((entry) => (entry as Message).charger === id).length
      const whole = readFileSync(own.file, 'utf8')
      /** What the two chargers have in the log and the history from a new connection of each. */
      const connected = async (config: string) => {
        writeFileSync(own.file, config)
        const { plan } = draw(own.file)
        if (plan === undefined) throw new Error('a problem')
        const news = own.gateway.take(plan)
        own.logged.splice(0)
        own.told.splice(0)
        const chargers = [own.simulate('CP-1'), own.simulate('CP-2')]
        await until(() => told('CP-1') > 3 && told('CP-2') > 3)
        for (const charger of chargers) charger.stop()
        return { news, lines: [about('CP-1') > 0, about('CP-2') > 0] }
      }
      expect((await connected(whole)).lines).toEqual([true, true])
      const filtered = await connected(`${whole}log: { filter: bay 02 }\n`)
      expect(filtered.news).toMatchObject({ settings: ['log'], needRestart: [] })
      expect(filtered.lines).toEqual([false, true])
      // Each frame is a line, as the general log has it.
      expect(own.logged.join('\n')).toMatch(/, a heartbeat every 300 s, it is .*"type":"BootNotificationConfirmation"/)
      const other = await connected(`${whole}log: { filter: [CP-1] }\n`)
      expect(other.news).toMatchObject({ settings: ['log.filter'], needRestart: [] })
      expect(other.lines).toEqual([true, false])
      expect((await connected(whole)).lines).toEqual([true, true])
    } finally {
      await own.stop()
    }
  })
})

describe('check', () => {
  it('warns of a filter that names no charger, and the bridge can be run', async () => {
    const own = await liveSite(CONFIG)
    try {
      writeFileSync(own.file, `${readFileSync(own.file, 'utf8')}log: { filter: CP-I }\n`)
      const { plan, problems } = draw(own.file)
      expect(problems.filter(({ code }) => code === 'log-filter')).toMatchObject([{ warning: true }])
      expect(plan?.settings.services.log).toEqual({ filter: ['CP-I'] })
    } finally {
      await own.stop()
    }
  })
})

describe('the history', () => {
  it.each(['pending', 'rejected'])('is told the messages of guests that are %s, too', async (registration) => {
    const own = await liveSite(CONFIG, { ocpp: `guests: { registration: ${registration} }` })
    try {
      const stranger = own.simulate('STRANGER')
      await until(() => own.told.length > 1)
      stranger.stop()
      expect(own.told.slice(0, 2)).toMatchObject([
        { charger: 'STRANGER', from: 'charger', form: 'call', action: 'BootNotification' },
        { charger: 'STRANGER', from: 'bridge', form: 'result', action: 'BootNotification' },
      ])
      expect((own.told[1] as Message).text).toContain(
        `"status":"${registration.replace(/^./, (p) => p.toUpperCase())}"`,
      )
    } finally {
      await own.stop()
    }
  })
})
