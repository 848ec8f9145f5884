import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StorageHealth } from '../../src/core/storage-health.ts'
import { readChangedTransactions } from '../../src/store/changed-transactions.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { fillDisk } from '../support/full-disk.ts'
import { local, routed, site } from '../support/site.ts'

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'full-flow-'))
  file = join(folder, 'bridge.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function onDisk() {
  const clock = new FakeClock()
  const health = new StorageHealth()
  const store = openSqlite(file, clock, { health: (state) => health.report('state', state) })
  return site({ store, clock, health })
}

function kept() {
  const database = new SqliteDatabase(file, { readonly: true })
  const transactions = readChangedTransactions(database)(0, 1_000_000)
  const orphans = database.prepare('SELECT charger FROM orphanStop').pluck().all()
  database.close()
  return { transactions, orphans }
}

const float = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return bytes.toString('hex')
}

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

const start = (second: number, meterStart: number) => ({
  connectorId: 1,
  idTag: 'TAG',
  meterStart,
  timestamp: at(second),
})

const stop = (transactionId: number, second: number, meterStop: number) => ({
  ...{ transactionId, meterStop, idTag: 'TAG' },
  timestamp: at(second),
})

const meterValues = (transactionId: number, watts: number, wh: number, second: number) => ({
  ...{ connectorId: 1, transactionId },
  meterValue: [
    {
      timestamp: at(second),
      sampledValue: [
        { value: String(watts), measurand: 'Power.Active.Import', unit: 'W' },
        { value: String(wh), measurand: 'Energy.Active.Import.Register', unit: 'Wh' },
      ],
    },
  ],
})

describe('a disk that takes nothing under chargers that charge', () => {
  it('ends no session: starts, meter values and stops are answered and shown, and are on disk once when it takes them', async () => {
    const { charger, modbus, bacnet, clock, datagrams, store } = await onDisk()
    const first = charger('CP-1')
    const second = charger('CP-2')
    for (const each of [first, second]) each.boot()
    const before = first.call('StartTransaction', start(1, 100)).transactionId as number
    bacnet(routed(4001, '00 05 01 05 09 07 1c 00000065 29 00 39 00'))
    clock.advance(1_000)
    datagrams.splice(0)
    const empty = fillDisk(file)

    const ids = [before]
    for (let n = 0; n < 150; n += 1) {
      const begun = start(10 + n * 2, n)
      const { transactionId } = second.call('StartTransaction', begun)
      // The answer was lost, says the charger.
      expect(second.call('StartTransaction', begun).transactionId).toBe(transactionId)
      expect(second.call('StopTransaction', stop(transactionId as number, 11 + n * 2, n + 1))).toEqual({
        idTagInfo: { status: 'Accepted' },
      })
      ids.push(transactionId as number)
    }
    const open = second.call('StartTransaction', start(400, 500)).transactionId as number
    ids.push(open)
    expect(new Set(ids).size).toBe(152)
    expect(second.call('StopTransaction', stop(99, 500, 1)).idTagInfo).toBeDefined()

    first.call('StatusNotification', { connectorId: 1, status: 'Charging', errorCode: 'NoError' })
    first.call('MeterValues', meterValues(before, 7_000, 350, 30))
    expect(modbus(1, '04 006e 0002')).toBe(`0404${float(7)}`)
    clock.advance(0)
    const told = datagrams.splice(0).map(({ bytes }) => Buffer.from(bytes).toString('hex'))
    expect(told.filter((hex) => hex.includes(`2e44${float(7)}2f`))).toHaveLength(1)
    expect(first.call('StopTransaction', stop(before, 31, 400)).idTagInfo).toEqual({ status: 'Accepted' })
    for (const each of [first, second]) expect(each.closed).toBeUndefined()
    expect(kept().transactions).toMatchObject([{ id: before, stoppedAt: undefined }])

    empty()
    clock.advance(5_000)
    const { transactions, orphans } = kept()
    expect(transactions.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids.sort((a, b) => a - b))
    expect(transactions.filter(({ stoppedAt }) => stoppedAt === undefined).map(({ id }) => id)).toEqual([open])
    expect(transactions.find(({ id }) => id === before)).toMatchObject({ meterStartWh: 100, meterStopWh: 400 })
    expect(orphans).toEqual(['CP-2'])
    // A bridge that comes after this one knows the session, and gives nobody its number.
    store.flush()
    const again = openSqlite(file, clock)
    expect(again.openTransactions('CP-2').map(({ id }) => id)).toEqual([open])
    expect(ids).not.toContain(again.nextTransactionId())
    again.close()
  })

  it('is told to the building: a fault with an alarm, how much waits and how much was lost', async () => {
    const { charger, modbus, bacnet, clock, gateway } = await onDisk()
    const own = charger('CP-1')
    own.boot()
    own.answer('SetChargingProfile')
    const storage = () => ({ fault: modbus(0, '02 0000 0001'), counts: modbus(0, '04 0010 0004') })
    expect(storage()).toEqual({ fault: '020100', counts: '04080000000000000000' })
    const empty = fillDisk(file)
    own.call('StartTransaction', start(1, 0))
    expect(storage()).toEqual({ fault: '020101', counts: '04080000000100000000' })
    // Binary-input 1 of the bridge: Present_Value active, and in alarm after its delay.
    expect(bacnet(local('00 05 02 0c 0c 00c00001 19 55'))[0]).toContain('3e91013f')
    clock.advance(10_000)
    expect(bacnet(local('00 05 03 0c 0c 00c00001 19 24'))[0]).toContain('3e91023f')
    // A limit that the disk can't keep is not accepted (4: server device failure; no space to write), and not sent.
    expect(modbus(1, '06 0064 00a0')).toBe('8604')
    const limit = (invoke: string) => routed(4001, `00 05 ${invoke} 0f 0c 00400065 19 55 3e 44 41200000 3f 49 08`)
    expect(bacnet(limit('05'))[0]).toMatch(/50050f91039114$/)
    expect(own.answer('SetChargingProfile')).toEqual([])
    empty()
    clock.advance(5_000)
    expect(storage()).toEqual({ fault: '020100', counts: '04080000000000000000' })
    clock.advance(10_000)
    expect(bacnet(local('00 05 04 0c 0c 00c00001 19 24'))[0]).toContain('3e91003f')
    expect(modbus(1, '06 0064 00a0')).toBe('06006400a0')
    expect(bacnet(limit('06'))[0]).toMatch(/20060f$/)
    await gateway.stop()
  })
})
