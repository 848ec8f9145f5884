import { beforeEach, describe, expect, it } from 'vitest'
import type { Log } from '../../../src/lib/log.ts'
import { core, FakeLink } from '../../support/core.ts'

/** A log as lines: level, message, then the fields that are asked for. */
function lines() {
  const said: { readonly level: string; readonly message: string; readonly fields: Record<string, unknown> }[] = []
  const write = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) =>
    void said.push({ level, message, fields })
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    debugs: false,
  }
  return { log, take: () => said.splice(0) }
}

const building = { source: 'Modbus', client: 'modbus' } as const

describe('the log of a charger', () => {
  let site: ReturnType<typeof core>
  let log: ReturnType<typeof lines>
  let link: FakeLink

  beforeEach(() => {
    log = lines()
    site = core({ log: log.log })
    link = new FakeLink()
    site.fleet.connected(site.charger, link)
    site.fleet.event(site.charger, {
      kind: 'booted',
      identity: { vendor: 'ACME', model: 'M1', firmwareVersion: '4.2' },
    })
    site.fleet.event(site.charger, { kind: 'ready' })
  })

  it('says who booted, and how to adopt one that is not in the config', () => {
    expect(log.take()).toMatchObject([{ level: 'info', message: 'charger booted', fields: { vendor: 'ACME' } }])
    const guest = site.fleet.arrive('Wallbox-7')
    if (guest === undefined) throw new Error('no room')
    site.fleet.event(guest, { kind: 'booted', identity: { vendor: 'ACME' } })
    site.fleet.event(guest, { kind: 'booted', identity: { vendor: 'ACME' } })
    expect(log.take()).toMatchObject([
      {
        level: 'info',
        message: expect.stringContaining('chargers adopt Wallbox-7'),
        fields: { registration: 'pending' },
      },
    ])
  })

  it('says which limit was taken and who asked for it, once a minute, and each that was not', () => {
    log.take()
    const limit = site.point('limit', 1)
    // The line of the write itself is not what this is about.
    const write = (amps: number) => {
      site.downlink.write(limit, amps, building, 10)
      log.take()
    }
    const answer = (answered: 'accepted' | 'rejected') => {
      for (const command of link.take())
        site.fleet.event(site.charger, { kind: 'answered', command, answer: answered, detail: answered })
    }
    write(16)
    answer('accepted')
    expect(log.take()).toMatchObject([
      { level: 'info', message: 'limit taken', fields: { connector: 1, amps: 16, by: 'Modbus' } },
    ])
    site.clock.advance(10_000)
    write(10)
    answer('accepted')
    expect(log.take()).toEqual([])
    site.clock.advance(60_000)
    write(8)
    answer('accepted')
    expect(log.take()).toMatchObject([{ message: 'limit taken', fields: { amps: 8, missed: 1 } }])
    site.clock.advance(10_000)
    write(6)
    answer('rejected')
    expect(log.take()).toMatchObject([{ level: 'warn', message: 'limit not taken', fields: { answer: 'rejected' } }])
  })

  it('says when a transaction begins and ends, and shows of a tag no more than the building sees', () => {
    log.take()
    const start = { connector: 1, idTag: 'SECRET', meterStartWh: 0, timestampText: 't' }
    const { transactionId } = site.fleet.startTransaction(site.charger, start)
    site.fleet.startTransaction(site.charger, start)
    site.fleet.stopTransaction(site.charger, { transactionId, meterStopWh: 500, reason: 'EVDisconnected' })
    site.fleet.stopTransaction(site.charger, { transactionId: 77, meterStopWh: 5, idTag: 'SECRET' })
    const said = log.take()
    expect(said).toMatchObject([
      { message: 'transaction began', fields: { connector: 1, transactionId, idTag: '#SECRET' } },
      { message: 'transaction ended', fields: { connector: 1, transactionId, meterStopWh: 500 } },
      { message: 'stop of an unknown transaction kept', fields: { transactionId: 77, idTag: '#SECRET' } },
    ])
    expect(JSON.stringify(said)).not.toContain('"SECRET')
  })

  it('says when a connector is faulted, and when that is over', () => {
    log.take()
    const tell = (status: 'Faulted' | 'Available', errorCode: 'GroundFailure' | 'NoError') =>
      site.fleet.event(site.charger, {
        kind: 'status',
        connector: 1,
        status,
        errorCode,
      })
    tell('Available', 'NoError')
    tell('Faulted', 'GroundFailure')
    tell('Available', 'NoError')
    expect(log.take()).toMatchObject([
      { level: 'warn', message: 'connector faulted', fields: { connector: 1, errorCode: 'GroundFailure' } },
      { level: 'info', message: 'the fault is over', fields: { status: 'Available' } },
    ])
  })
})
