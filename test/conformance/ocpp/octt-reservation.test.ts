import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { OcttCharger, Payload } from './octt-charger.ts'
import { type OcttSite, octtSite, plainChargers, VALID } from './octt-site.ts'

const FLEET = 'OCTT-FLEET'
const COLLEAGUE = 'OCTT-COLLEAGUE'
const allow = [VALID, COLLEAGUE].map((idTag) => `{ idTag: ${idTag}, parent: ${FLEET} }`).join(', ')

let site: OcttSite
let charger: OcttCharger
let reservationId = 0

beforeAll(async () => {
  const ocpp = `authorize: { mode: noneExcept, allow: [${allow}], localList: false }`
  site = await octtSite({ chargers: plainChargers('CP'), ocpp })
})
beforeEach(async () => {
  charger = await site.booted('CP')
})
afterEach(() => site.over())
afterAll(() => site.stop())

/** Reserves by hand; the charger answers with this status. */
async function reserve(status: string, more: Payload = {}): Promise<void> {
  reservationId += 1
  const expiryDate = new Date(Date.now() + 3_600_000).toISOString()
  const request = { connectorId: 1, idTag: VALID, reservationId, expiryDate, ...more }
  const told = charger.expects('ReserveNow', { status })
  expect(await site.call('CP', 'ReserveNow', request)).toEqual({ status })
  expect(await told).toEqual(request)
}

async function cancel(status: string): Promise<void> {
  const told = charger.expects('CancelReservation', { status })
  expect(await site.call('CP', 'CancelReservation', { reservationId })).toEqual({ status })
  expect(await told).toEqual({ reservationId })
}

async function reserved(): Promise<void> {
  await charger.status(1, 'Reserved')
  await site.shows('CP', 1, 'status', 'Reserved')
}

/** A session on the reserved connector, until it is over. */
async function use(idTag: string): Promise<void> {
  const transactionId = await charger.charge(idTag, 1, { reservationId })
  await site.shows('CP', 1, 'transaction.id', transactionId)
  await charger.stop(transactionId, 'Local', { idTag })
  await charger.status(1, 'Available')
}

describe('Reservation', () => {
  it('TC_046_CSMS Reservation of a connector, transaction: sends ReserveNow and takes the session that uses it', async () => {
    await reserve('Accepted')
    await reserved()
    await use(VALID)
  })

  it('TC_047_CSMS Reservation of a connector, expired: sends ReserveNow and shows the connector as available again', async () => {
    await reserve('Accepted')
    await reserved()
    await charger.status(1, 'Available')
    await site.shows('CP', 1, 'status', 'Available')
  })

  it.each([
    ['TC_048_1_CSMS Reservation of a connector, faulted: passes on the refusal', 'Faulted'],
    ['TC_048_4_CSMS Reservation of a connector, rejected: passes on the refusal', 'Rejected'],
  ])('%s', async (_name, status) => {
    await reserve(status)
  })

  it('TC_048_2_CSMS Reservation of a connector, occupied: passes on the refusal', async () => {
    await charger.status(1, 'Preparing')
    await reserve('Occupied')
  })

  it('TC_048_3_CSMS Reservation of a connector, unavailable: makes it inoperative and passes on the refusal', async () => {
    const told = charger.expects('ChangeAvailability', { status: 'Accepted' })
    site.write('CP', 1, 'availability', false)
    expect(await told).toEqual({ connectorId: 1, type: 'Inoperative' })
    await charger.status(1, 'Unavailable')
    await site.shows('CP', 1, 'status', 'Unavailable')
    await reserve('Unavailable')
    const back = charger.expects('ChangeAvailability', { status: 'Accepted' })
    site.write('CP', 1, 'availability', true)
    expect(await back).toEqual({ connectorId: 1, type: 'Operative' })
  })

  it('TC_049_CSMS Reservation of a charge point, transaction: sends ReserveNow for connector 0 and takes the session', async () => {
    await reserve('Accepted', { connectorId: 0 })
    await reserved()
    await use(VALID)
  })

  it('TC_051_CSMS Cancel reservation: sends CancelReservation with the id of the reservation', async () => {
    await reserve('Accepted')
    await reserved()
    await cancel('Accepted')
    await charger.status(1, 'Available')
    await site.shows('CP', 1, 'status', 'Available')
  })

  it('TC_052_CSMS Cancel reservation, rejected: passes on the refusal', async () => {
    await reserve('Accepted')
    await reserved()
    await cancel('Rejected')
  })

  it('TC_053_CSMS Use a reserved connector with parentIdTag: tells the group of both tags, and takes the session', async () => {
    await reserve('Accepted', { parentIdTag: FLEET })
    await reserved()
    expect(await charger.authorize(VALID)).toEqual({ status: 'Accepted', parentIdTag: FLEET })
    expect(await charger.authorize(COLLEAGUE)).toEqual({ status: 'Accepted', parentIdTag: FLEET })
    await use(COLLEAGUE)
  })
})
