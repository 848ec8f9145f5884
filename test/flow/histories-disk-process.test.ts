import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { meterValues, RecordedSite, startTransaction } from '../support/recorded-site.ts'

const BACNET = '127.0.35.1'
/** Event_State of binary-input 1 of the bridge's device: its storageFault. */
const EVENT_STATE = '00 05 09 0c 0c 00c00001 19 24'
const OFFNORMAL = '3e91023f'
const NORMAL = '3e91003f'
const FULL = "histories can't be written: SqliteError: database or disk is full"

const site = new RecordedSite()
let disk: string

beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'history-disk-'))
})
afterEach(() => {
  try {
    execFileSync('umount', ['-l', disk], { stdio: 'ignore' })
  } catch {
    // It was never there.
  }
  rmSync(disk, { recursive: true, force: true })
})

/** A file system for the histories alone; false where this machine doesn't let us have one. */
function mounted(megabytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    return false
  }
  symlinkSync(join(disk, 'bridge.history.db'), site.history)
  mkdirSync(join(disk, 'waiting'))
  symlinkSync(join(disk, 'waiting'), `${site.history}-waiting`)
  return true
}

/** Leaves not one byte. */
function fillUp(): () => void {
  const filler = join(disk, 'filler')
  writeFileSync(filler, '')
  for (let size = 1_048_576; size >= 1; size = Math.floor(size / 4)) {
    try {
      for (;;) execFileSync('sh', ['-c', `head -c ${size} /dev/zero >> ${filler}`], { stdio: 'ignore' })
    } catch {
      // Not so many any more.
    }
  }
  expect(statfsSync(disk).bavail).toBe(0)
  return () => rmSync(filler)
}

async function bacnet(apdu: string): Promise<string> {
  const client = createSocket('udp4')
  await new Promise<void>((resolve) => client.bind(0, '127.0.35.2', resolve))
  const npdu = Buffer.from(`0104${apdu.replaceAll(' ', '')}`, 'hex')
  const answer = new Promise<string>((resolve) =>
    client.once('message', (bytes) => resolve(bytes.subarray(6).toString('hex'))),
  )
  client.send(Buffer.concat([Buffer.from([0x81, 0x0a, 0, npdu.length + 4]), npdu]), 47_808, BACNET)
  const text = await answer
  client.close()
  return text
}

const alarm = [`bacnet: { listen: "${BACNET}:47808", device: { instance: 4000 }, network: 2000 }`]
/** Input registers of the bridge: entriesWaiting, entriesLost. */
async function counts(): Promise<readonly [waiting: number, lost: number]> {
  const answer = Buffer.from(await site.modbus(255, '04 0010 0004'), 'hex')
  return [answer.readUInt32BE(2), answer.readUInt32BE(6)]
}
const storageFault = async () => (await site.modbus(255, '02 0000 0001')) === '020101'

describe('a bridge whose disk for the histories alone is full', () => {
  it('bridges on, says so to the building, and writes all of it in order once there is room', async ({ skip }) => {
    if (!mounted(16)) skip('no small file system: mounting tmpfs needs root')
    site.write({ more: alarm, ocpp: ', shareIdTags: true' })
    const bridge = await site.start()
    const own = await site.charger('CP-1')
    const room = fillUp()
    const ids: unknown[] = []
    let n = 0
    const round = async () => {
      n += 1
      const { transactionId } = await own.call('StartTransaction', startTransaction(n, n * 100))
      ids.push(transactionId)
      await own.call('MeterValues', meterValues(n, n * 100, Number(transactionId)))
    }
    const failed = bridge.said(FULL)
    const rounds = (async () => {
      while (!(await storageFault())) await round()
    })()
    await failed
    await rounds
    expect(await site.limit(1, 100)).toBe('0600640064')
    await vi.waitFor(() => expect(JSON.stringify(own.told)).toContain('"limit":10'))
    for (let more = 0; more < 20; more += 1) await round()
    await vi.waitFor(async () => expect(await bacnet(EVENT_STATE)).toContain(OFFNORMAL), 20_000)
    expect((await counts())[0]).toBeGreaterThan(20)
    room()
    await bridge.said('histories are written again')
    await vi.waitFor(async () => expect(await storageFault()).toBe(false))
    await vi.waitFor(async () => expect(await bacnet(EVENT_STATE)).toContain(NORMAL), 20_000)
    expect(await counts()).toEqual([0, 0])
    await site.quiet()
    expect(await bridge.end()).toBe(0)
    expect(site.differences(own)).toEqual([])
    expect(
      site
        .rows('SELECT id FROM "transaction"')
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...ids].sort())
    expect(site.rows('SELECT sum(energy) AS energy FROM day')).toEqual([{ energy: (n - 1) * 100 }])
  }, 120_000)

  it('counts what no longer fits in memory, and tells the gap in the log', async ({ skip }) => {
    if (!mounted(64)) skip('no small file system: mounting tmpfs needs root')
    site.write()
    const bridge = await site.start()
    const own = await site.charger('CP-1')
    const room = fillUp()
    const failed = bridge.said(FULL)
    for (let n = 0; n < 70; n += 1) {
      const data = `${n} ${'x'.repeat(900_000)}`
      expect(await own.call('DataTransfer', { vendorId: 'x', data })).toEqual({ status: 'UnknownVendorId' })
      if (n === 5) await failed
    }
    await bridge.said('there is no more room for them')
    await site.quiet()
    room()
    await bridge.said('histories are written again')
    await bridge.said('were lost')
    await own.call('Heartbeat', {})
    await vi.waitFor(async () => expect((await counts())[0]).toBe(0))
    const [, lost] = await counts()
    expect(lost).toBeGreaterThan(10)
    expect(await bridge.end()).toBe(0)
    const log = site.rows('SELECT type, message FROM log ORDER BY revision')
    const notes = log.filter(({ type }) => type === 'EntriesLost')
    expect(notes).toEqual([{ type: 'EntriesLost', message: expect.stringMatching(`^${lost} entries from `) }])
    const first = own.sent.length + own.received.length - log.length + notes.length
    expect(first).toBe(lost)
    const numbers = log.flatMap(({ type, message }) =>
      type === 'DataTransferRequest' ? [Number(/x: (\d+) /.exec(String(message))?.[1])] : [],
    )
    expect(numbers.length).toBeGreaterThan(40)
    expect(numbers).toEqual(numbers.map((_, index) => index))
  }, 120_000)

  it('ends as always, and says how much is lost', async ({ skip }) => {
    if (!mounted(16)) skip('no small file system: mounting tmpfs needs root')
    site.write()
    const bridge = await site.start()
    const own = await site.charger('CP-1')
    fillUp()
    const failed = bridge.said(FULL)
    for (let n = 0; n < 2_000; n += 1) await own.call('Heartbeat', {})
    await failed
    const lost = bridge.said('entries could not be written and are lost')
    const before = performance.now()
    expect(await bridge.end()).toBe(0)
    expect(performance.now() - before).toBeLessThan(5_000)
    await lost
  }, 120_000)

  it('starts on it, too, and writes the histories from then on once there is room', async ({ skip }) => {
    if (!mounted(16)) skip('no small file system: mounting tmpfs needs root')
    site.write()
    const room = fillUp()
    const bridge = await site.start()
    const own = await site.charger('CP-1')
    await bridge.said("histories can't be written")
    for (let n = 0; n < 20; n += 1) await own.call('Heartbeat', {})
    room()
    await bridge.said('histories are written again')
    await site.quiet()
    expect(await bridge.end()).toBe(0)
    expect(site.differences(own)).toEqual([])
  }, 120_000)
})
