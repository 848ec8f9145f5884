import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { OcttCharger } from './octt-charger.ts'
import { EXPIRED, INVALID, type OcttSite, octtSite, plainChargers, VALID } from './octt-site.ts'

let site: OcttSite
let charger: OcttCharger

beforeAll(async () => {
  site = await octtSite({ chargers: plainChargers('CP') })
})
beforeEach(async () => {
  charger = await site.booted('CP')
})
afterEach(async () => {
  const id = site.value('CP', 1, 'transaction.id')
  if (site.value('CP', 1, 'transaction.active') === true && typeof id === 'number') await charger.stop(id, 'Local')
  await site.over()
})
afterAll(() => site.stop())

describe('Core: start-up and sessions', () => {
  it('TC_001_CSMS Cold boot charge point: accepts it, tells the interval and the time, shows each status', async () => {
    const boot = await charger.boot()
    expect(boot).toMatchObject({ status: 'Accepted', interval: 300 })
    expect(Math.abs(Date.parse(String(boot.currentTime)) - Date.now())).toBeLessThan(5_000)
    const { currentTime } = await charger.call('Heartbeat', {})
    expect(Math.abs(Date.parse(String(currentTime)) - Date.now())).toBeLessThan(5_000)
    for (const connector of [0, 1, 2]) await site.shows('CP', connector, 'status', 'Available')
    expect(site.value('CP', 0, 'vendor')).toBe('OCTT')
  })

  it('TC_003_CSMS Regular charging session, plug-in first: accepts the tag and gives a transaction id', async () => {
    await charger.status(1, 'Preparing')
    expect(await charger.authorize(VALID)).toMatchObject({ status: 'Accepted' })
    const { info, transactionId } = await charger.start(VALID)
    expect(info).toMatchObject({ status: 'Accepted' })
    expect(transactionId).toBeGreaterThan(0)
    await charger.status(1, 'Charging')
    await site.shows('CP', 1, 'transaction.id', transactionId)
    await site.shows('CP', 1, 'charging', true)
  })

  it('TC_004_1_CSMS Regular charging session, identification first: accepts the tag and gives a transaction id', async () => {
    const transactionId = await charger.charge(VALID)
    await site.shows('CP', 1, 'transaction.id', transactionId)
  })

  it('TC_004_2_CSMS Identification first, connection time-out: shows the connector as available again', async () => {
    expect(await charger.authorize(VALID)).toMatchObject({ status: 'Accepted' })
    await charger.status(1, 'Preparing')
    await site.shows('CP', 1, 'status', 'Preparing')
    await charger.status(1, 'Available')
    await site.shows('CP', 1, 'status', 'Available')
    expect(site.value('CP', 1, 'transaction.active')).toBe(false)
  })

  it('TC_005_1_CSMS Disconnected at the side of the car: ends the transaction and shows the connector as available', async () => {
    const id = await charger.charge(VALID)
    await charger.status(1, 'SuspendedEV')
    await charger.stop(id, 'EVDisconnected', { idTag: VALID })
    await charger.status(1, 'Finishing')
    await charger.status(1, 'Available')
    await site.shows('CP', 1, 'transaction.active', false)
    await site.shows('CP', 1, 'status', 'Available')
  })

  it('TC_007_CSMS Start with a cached id: takes the start without Authorize', async () => {
    await charger.status(1, 'Preparing')
    expect((await charger.start(VALID)).info).toMatchObject({ status: 'Accepted' })
    await charger.status(1, 'Charging')
    await site.shows('CP', 1, 'transaction.active', true)
  })

  it.each([
    ['TC_023_1_CSMS Authorize invalid: answers Invalid', INVALID, 'Invalid'],
    ['TC_023_2_CSMS Authorize expired: answers Expired', EXPIRED, 'Expired'],
  ])('%s', async (_name, idTag, status) => {
    expect(await charger.authorize(idTag)).toEqual({ status })
  })

  it('TC_023_3_CSMS Authorize blocked: answers Blocked', async () => {
    site.write(undefined, 0, 'authorizeMode', 2)
    try {
      expect(await charger.authorize('octt-blocked')).toEqual({ status: 'Blocked' })
    } finally {
      site.write(undefined, 0, 'authorizeMode', 3)
    }
  })

  it('TC_024_CSMS Lock failure: shows the fault and its error code', async () => {
    expect(await charger.authorize(VALID)).toMatchObject({ status: 'Accepted' })
    await charger.status(1, 'Preparing')
    await charger.status(1, 'Faulted', 'ConnectorLockFailure')
    await site.shows('CP', 1, 'status', 'Faulted')
    await site.shows('CP', 1, 'errorCode', 'ConnectorLockFailure')
    await site.shows('CP', 1, 'faulted', true)
  })

  it('TC_032_1_CSMS Power failure, transactions are stopped: ends the transaction that ran before', async () => {
    const id = await charger.charge(VALID)
    await charger.disconnect()
    await charger.connect()
    expect(
      await charger.call('BootNotification', { chargePointVendor: 'OCTT', chargePointModel: 'Charge point' }),
    ).toMatchObject({ status: 'Accepted' })
    await charger.status(0, 'Available')
    await charger.status(1, 'Finishing')
    await charger.status(2, 'Available')
    expect(await charger.stop(id, 'PowerLoss', { idTag: VALID })).toMatchObject({ idTagInfo: { status: 'Accepted' } })
    await site.shows('CP', 1, 'transaction.active', false)
    await site.shows('CP', 1, 'status', 'Finishing')
  })

  it('TC_037_1_CSMS Offline start, valid tag: takes the start that waited in the charger', async () => {
    const timestamp = new Date(Date.now() - 300_000).toISOString()
    const { info, transactionId } = await charger.start(VALID, 1, { timestamp })
    expect(info).toMatchObject({ status: 'Accepted' })
    await charger.status(1, 'Charging')
    await site.shows('CP', 1, 'transaction.id', transactionId)
  })

  it('TC_037_3_CSMS Offline start, invalid tag: answers Invalid, keeps the transaction and takes its end', async () => {
    const { info, transactionId } = await charger.start(INVALID)
    expect(info).toEqual({ status: 'Invalid' })
    expect(transactionId).toBeGreaterThan(0)
    await charger.status(1, 'Charging')
    await site.shows('CP', 1, 'transaction.id', transactionId)
    await charger.stop(transactionId, 'DeAuthorized')
    await charger.status(1, 'Finishing')
    await site.shows('CP', 1, 'transaction.active', false)
  })

  it('TC_039_CSMS Offline transaction: takes start and end, both from the past', async () => {
    const at = (minutes: number) => ({ timestamp: new Date(Date.now() - minutes * 60_000).toISOString() })
    const { info, transactionId } = await charger.start(VALID, 1, at(60))
    expect(info).toMatchObject({ status: 'Accepted' })
    expect(await charger.stop(transactionId, 'Local', { idTag: VALID, ...at(30) })).toMatchObject({
      idTagInfo: { status: 'Accepted' },
    })
    await site.shows('CP', 1, 'transaction.active', false)
  })
})
