import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { EXPIRED, type OcttSite, octtSite, plainChargers, VALID } from './octt-site.ts'

const ocpp = `authorize: { mode: noneExcept, allow: [${VALID}, { idTag: ${EXPIRED}, expires: 2020-01-01 }] }`
let site: OcttSite

beforeAll(async () => {
  site = await octtSite({ chargers: plainChargers(...Array.from({ length: 6 }, (_, n) => `CP-${n + 1}`)), ocpp })
})
afterEach(() => site.over())
afterAll(() => site.stop())

/** Waits for a line of the log. */
async function logged(...words: readonly string[]): Promise<void> {
  await vi.waitFor(() => expect(site.logged.some((line) => words.every((word) => line.includes(word)))).toBe(true))
}

/** What the bridge sends to chargers that keep its list. */
const full = {
  updateType: 'Full',
  listVersion: expect.any(Number),
  localAuthorizationList: [
    { idTag: VALID, idTagInfo: { status: 'Accepted' } },
    { idTag: EXPIRED, idTagInfo: { status: 'Expired', expiryDate: '2020-01-01T23:59:59.999Z' } },
  ],
}

describe('Local authorization list', () => {
  it('TC_042_1_CSMS Get the version of the list, not supported: asks, and sends no list', async () => {
    const charger = site.charger('CP-1')
    await charger.connect()
    const asked = charger.expects('GetLocalListVersion', { listVersion: -1 })
    await charger.boot()
    expect(await asked).toEqual({})
    await logged('local list of tags not taken', 'CP-1', 'it keeps no local list')
    charger.expects('GetLocalListVersion', { listVersion: -1 })
    expect(await site.call('CP-1', 'GetLocalListVersion', {})).toEqual({ listVersion: -1 })
  })

  it('TC_042_2_CSMS Get the version of the list, empty: asks, and sends its own', async () => {
    const charger = site.charger('CP-2')
    await charger.connect()
    const asked = charger.expects('GetLocalListVersion', { listVersion: 0 })
    const told = charger.expects('SendLocalList', { status: 'Accepted' })
    await charger.boot()
    expect(await asked).toEqual({})
    expect(await told).toEqual(full)
  })

  it.each([
    ['TC_043_1_CSMS Send the list, not supported: sends it in full and takes the refusal', 'NotSupported', 'CP-3'],
    ['TC_043_3_CSMS Send the list, failed: sends it in full and takes the refusal', 'Failed', 'CP-4'],
  ])('%s', async (_name, status, id) => {
    const charger = site.charger(id)
    await charger.connect()
    const told = charger.expects('SendLocalList', { status })
    await charger.boot()
    expect(await told).toEqual(full)
    await logged('local list of tags not taken', id, status)
  })

  it('TC_043_4_CSMS Send the list in full: sends it with what is said of each tag', async () => {
    const charger = site.charger('CP-5')
    await charger.connect()
    const told = charger.expects('SendLocalList', { status: 'Accepted' })
    await charger.boot()
    expect(await told).toEqual(full)
  })

  it('TC_043_5_CSMS Send a difference of the list: sends it with the next version', async () => {
    const charger = site.charger('CP-6')
    await charger.connect()
    const first = charger.expects('SendLocalList', { status: 'Accepted' })
    await charger.boot()
    const listVersion = Number((await first).listVersion)
    charger.expects('GetLocalListVersion', { listVersion })
    expect(await site.call('CP-6', 'GetLocalListVersion', {})).toEqual({ listVersion })
    const told = charger.expects('SendLocalList', { status: 'Accepted' })
    const difference = {
      listVersion: listVersion + 1,
      updateType: 'Differential',
      localAuthorizationList: [{ idTag: 'OCTT-NEW', idTagInfo: { status: 'Accepted' } }],
    }
    expect(await site.call('CP-6', 'SendLocalList', difference)).toEqual({ status: 'Accepted' })
    expect(await told).toEqual(difference)
  })
})
