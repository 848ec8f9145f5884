import { statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Charger } from '../../../../src/core/charger/charger.ts'
import type { ChargerSettings, Store } from '../../../../src/core/ports.ts'
import { silentLog } from '../../../../src/lib/log.ts'
import { Credentials } from '../../../../src/southbound/ocpp/credentials.ts'
import { openSqlite } from '../../../../src/store/sqlite.ts'
import { folderOf } from '../../../support/authority.ts'
import { core } from '../../../support/core.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { fillDisk } from '../../../support/full-disk.ts'

const OLD = 'old password'
const NEW = 'AABBCCDDEEFF00112233445566778899'
const everything = { tls: true, clientCa: true }

function given(settings: Partial<ChargerSettings> = {}, store?: Store, offered = everything) {
  const own = core({ charger: { securityProfile: 1, password: OLD, ...settings }, ...(store && { store }) })
  return { ...own, credentials: new Credentials(own.store, silentLog, offered) }
}

/** The store with another config, as after a restart. */
function later(store: Store, settings: Partial<ChargerSettings> = {}) {
  return given(settings, store)
}

const passwords = ({ credentials, charger }: { credentials: Credentials; charger: Charger }) =>
  credentials.passwords(charger)

describe('a password that a charger is told', () => {
  it('counts beside the old one, as digits and as bytes, until the charger has come with it', () => {
    const own = given()
    own.credentials.telling(own.charger, 'authorizationkey', NEW)
    expect(passwords(own)).toEqual([OLD, NEW, `hex:${NEW}`])
    own.credentials.entered(own.charger, { profile: 1, password: OLD })
    expect(passwords(own)).toEqual([OLD, NEW, `hex:${NEW}`])
    own.credentials.entered(own.charger, { profile: 1, password: `hex:${NEW}` })
    expect(passwords(own)).toEqual([NEW, `hex:${NEW}`])
  })

  it('counts no more when the charger has refused it', () => {
    const own = given()
    const takeBack = own.credentials.telling(own.charger, 'AuthorizationKey', NEW)
    takeBack()
    expect(passwords(own)).toEqual([OLD])
    expect(own.store.held('CP-1').get('password')).toBeUndefined()
  })

  it('counts when another one after it is refused, and is not taken back by being told again', () => {
    const own = given()
    own.credentials.telling(own.charger, 'AuthorizationKey', 'first')
    own.credentials.telling(own.charger, 'AuthorizationKey', 'second')()
    own.credentials.telling(own.charger, 'AuthorizationKey', 'first')()
    expect(passwords(own)).toEqual([OLD, 'first'])
  })

  it('is one of the last four', () => {
    const own = given()
    for (let n = 0; n < 10; n += 1) own.credentials.telling(own.charger, 'AuthorizationKey', `password ${n}`)
    expect(passwords(own)).toEqual([OLD, 'password 6', 'password 7', 'password 8', 'password 9'])
  })

  it('is known after a restart, used or not, as long as the config has the same password', () => {
    const own = given()
    own.credentials.telling(own.charger, 'AuthorizationKey', 'new')
    expect(passwords(later(own.store))).toEqual([OLD, 'new'])
    own.credentials.entered(own.charger, { profile: 1, password: 'new' })
    expect(passwords(later(own.store))).toEqual(['new'])
    expect(passwords(later(own.store, { securityProfile: 2 }))).toEqual(['new'])
    expect(passwords(later(own.store, { password: 'written into the config' }))).toEqual(['written into the config'])
  })

  it('makes no charger ask for one that has none in the config', () => {
    const own = given({ password: undefined, securityProfile: 0 })
    own.credentials.telling(own.charger, 'AuthorizationKey', NEW)
    expect(passwords(own)).toEqual([])
    expect([...own.store.held('CP-1')]).toEqual([])
  })

  it('lets a charger in with it while the disk takes nothing, and is not told to one then', () => {
    const file = join(folderOf({}), 'bridge.db')
    const clock = new FakeClock()
    const store = openSqlite(file, clock)
    const own = given({}, store)
    own.credentials.telling(own.charger, 'AuthorizationKey', 'new')
    const empty = fillDisk(file)
    own.credentials.entered(own.charger, { profile: 1, password: 'new' })
    expect(passwords(own)).toEqual(['new'])
    expect(() => own.credentials.telling(own.charger, 'AuthorizationKey', 'newer')).toThrow('full')
    expect(passwords(own)).toEqual(['new'])
    empty()
    clock.advance(5_000)
    expect(passwords(given({}, openSqlite(file, clock)))).toEqual(['new'])
    store.close()
  })

  it('is kept whole or not at all, so that it is not told the second time where it could not be kept the first time', () => {
    const file = join(folderOf({}), 'bridge.db')
    const store = openSqlite(file, new FakeClock(), { syncsBehind: true })
    const own = given({}, store)
    const empty = fillDisk(file, ['note'])
    own.credentials.telling(own.charger, 'AuthorizationKey', 'new')
    expect([store.keeping.promised, store.keeping.kept]).toEqual([1, 1])
    empty()
    const emptyAgain = fillDisk(file, ['held'])
    for (const _try of [1, 2])
      expect(() => own.credentials.telling(own.charger, 'AuthorizationKey', 'newer')).toThrow('full')
    expect(passwords(own)).toEqual([OLD, 'new'])
    emptyAgain()
    store.close()
  })

  it('stands in a file that nobody else may read', () => {
    const file = join(folderOf({}), 'bridge.db')
    const store = openSqlite(file, new FakeClock())
    const own = given({}, store)
    own.credentials.telling(own.charger, 'AuthorizationKey', NEW)
    for (const each of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(each).mode & 0o077).toBe(0)
    store.close()
  })
})

describe('a security profile that a charger is told', () => {
  const profiles = ({ credentials, charger }: { credentials: Credentials; charger: Charger }) =>
    credentials.profiles(charger)

  it('is right beside the lower one until the charger has come by it', () => {
    const own = given()
    own.credentials.telling(own.charger, 'SecurityProfile', '2')
    expect(profiles(own)).toEqual({ enforced: 1, told: [2] })
    own.credentials.entered(own.charger, { profile: 1, password: OLD })
    expect(profiles(own)).toEqual({ enforced: 1, told: [2] })
    own.credentials.entered(own.charger, { profile: 2, password: OLD })
    expect(profiles(own)).toEqual({ enforced: 2, told: [] })
    expect(profiles(later(own.store))).toEqual({ enforced: 2, told: [] })
    expect(profiles(later(own.store, { securityProfile: 3 }))).toEqual({ enforced: 3, told: [] })
  })

  it('is never a lower one', () => {
    const own = given({ securityProfile: 2 })
    own.credentials.telling(own.charger, 'SecurityProfile', '1')
    expect(profiles(own)).toEqual({ enforced: 2, told: [] })
  })

  it.each([
    ['2', { tls: false, clientCa: false }, {}],
    ['3', { tls: true, clientCa: false }, {}],
    ['1', everything, { securityProfile: 0, password: undefined } as const],
    ['4', everything, {}],
    ['two', everything, {}],
  ])('is not asked of it where it can not be kept: %s with %j and %j', (value, offered, settings) => {
    const own = given(settings, undefined, offered)
    own.credentials.telling(own.charger, 'SecurityProfile', value)
    expect(profiles(own).told).toEqual([])
  })

  it('and other keys leave all as it was', () => {
    const own = given()
    for (const key of ['MeterValueSampleInterval', '', '__proto__', 'constructor'])
      own.credentials.telling(own.charger, key, NEW)
    expect([...own.store.held('CP-1')]).toEqual([])
  })
})
