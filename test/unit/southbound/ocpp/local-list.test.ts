import { describe, expect, it } from 'vitest'
import { scriptedCharger } from '../../../support/scripted-charger.ts'

const tags = Array.from({ length: 5 }, (_, index) => ({ idTag: `TAG-${index}`, authorization: 'accepted' as const }))
const command = { kind: 'tell-tags', tags } as const

/** A charger that keeps a list as the standard asks, in memory. */
function keeper(options: { version?: number; keys?: Record<string, string>; refuse?: (n: number) => string } = {}) {
  let version = options.version ?? 0
  const list = new Map<string, object>()
  let portions = 0
  const parts = scriptedCharger((action, payload) => {
    if (action === 'GetLocalListVersion') return { listVersion: version }
    if (action === 'GetConfiguration') {
      const keys = Object.entries(options.keys ?? { SendLocalListMaxLength: '2' })
      return { configurationKey: keys.map(([key, value]) => ({ key, readonly: true, value })) }
    }
    portions += 1
    const refusal = options.refuse?.(portions)
    if (refusal !== undefined && refusal !== '') return refusal
    const sent = payload as { listVersion: number; updateType: string; localAuthorizationList: { idTag: string }[] }
    if (sent.updateType === 'Full') list.clear()
    else if (sent.listVersion <= version) return 'VersionMismatch'
    for (const entry of sent.localAuthorizationList) list.set(entry.idTag, entry)
    version = sent.listVersion
    return 'Accepted'
  })
  return { ...parts, list, lists: () => parts.calls.filter(([action]) => action === 'SendLocalList') }
}

describe('the local list of tags', () => {
  it('goes in portions that the charger takes, the first in place of all that it knew', () => {
    const { send, list, lists } = keeper({ version: 3 })
    expect(send(command)?.answer).toBe('accepted')
    expect(lists().map(([, { updateType }]) => updateType)).toEqual(['Full', 'Differential', 'Differential'])
    expect([...list.keys()]).toEqual(tags.map(({ idTag }) => idTag))
    expect(list.get('TAG-0')).toEqual({ idTag: 'TAG-0', idTagInfo: { status: 'Accepted' } })
  })

  it('is not sent again to a charger that has it, and anew when it differs in anything', () => {
    const own = keeper()
    own.send(command)
    const sent = own.lists().length
    own.send(command)
    expect(own.lists().length).toBe(sent)
    own.send({ ...command, tags: [{ ...tags[0], idTag: 'TAG-0', authorization: 'blocked', expires: 0, parent: 'P' }] })
    expect(own.lists().length).toBe(sent + 1)
    expect([...own.list.values()]).toEqual([
      { idTag: 'TAG-0', idTagInfo: { status: 'Blocked', expiryDate: '1970-01-01T00:00:00.000Z', parentIdTag: 'P' } },
    ])
  })

  it('that broke off half-way begins again in full', () => {
    const own = keeper({ refuse: (portion) => (portion === 2 ? 'Failed' : '') })
    expect(own.send(command)?.answer).toBe('rejected')
    expect(own.list.size).toBe(2)
    expect(own.send(command)?.answer).toBe('accepted')
    expect(own.list.size).toBe(5)
  })

  it('that is empty empties the list of the charger', () => {
    const own = keeper()
    own.send(command)
    own.send({ kind: 'tell-tags', tags: [] })
    expect(own.list.size).toBe(0)
    const fresh = keeper()
    fresh.send({ kind: 'tell-tags', tags: [] })
    expect(fresh.lists()).toEqual([])
  })

  it.each([
    ['keeps none', { version: -1 }],
    ['has its list switched off', { keys: { LocalAuthListEnabled: 'false' } }],
    ['keeps fewer', { keys: { LocalAuthListMaxLength: '4' } }],
  ])('is not sent to a charger that %s', (_why, options) => {
    const own = keeper(options)
    expect(own.send(command)?.answer).toBe('not-supported')
    expect(own.lists()).toEqual([])
  })

  it('is given up where the charger does not know the calls', () => {
    expect(scriptedCharger(() => 'CALLERROR').send(command)?.answer).toBe('not-supported')
    expect(scriptedCharger(() => 'TIMEOUT').send(command)?.answer).toBe('no-answer')
  })
})
