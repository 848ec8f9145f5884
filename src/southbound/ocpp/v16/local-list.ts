import { createHash } from 'node:crypto'
import type { KnownTag } from '../../../core/charger/authorize.ts'
import type { Answer } from '../../../core/charger/command.ts'
import type { Answered } from '../session/session.ts'
import type { Ask } from './ask.ts'
import type { Requests } from './messages.ts'
import { number, objects } from './normalise.ts'
import { tagInfo } from './tag-info.ts'

type Entry = NonNullable<Requests['SendLocalList']['localAuthorizationList']>[number]

/** What a charger takes that doesn't say how much (SendLocalListMaxLength, OCPP 1.6 9.2.3, is required of those that take lists). */
const PORTION_WHEN_UNTOLD = 20
const KEYS = ['LocalAuthListEnabled', 'LocalAuthListMaxLength', 'SendLocalListMaxLength']
/** Versions of ours begin here, so that those of a list's earlier portions are positive, too. */
const FIRST_VERSION = 1_000_000
const VERSIONS = 2_000_000_000

/**
 * Brings a charger's local authorization list (OCPP 1.6 5.15) in step with ours. Its version is made from its content:
 * a charger that has that version has that list. Otherwise it is sent anew, in portions that the charger takes: the
 * first in place of all that it knew, the others as additions, each with a version of its own that leads up to the last.
 */
export function sendLocalList(
  ask: Ask,
  tags: readonly KnownTag[],
  done: (answer: Answer, detail?: string) => void,
): void {
  const entries = tags.map(entryOf)
  const version = versionOf(entries)
  ask('GetLocalListVersion', {}, { lane: 'setup' }, (answer, detail, answered) => {
    const known = answered.kind === 'result' ? number(answered.payload.listVersion) : undefined
    if (known === undefined) done(answer === 'accepted' ? 'rejected' : answer, detail)
    // -1: the charger keeps no list (5.10).
    else if (known === -1) done('not-supported', 'it keeps no local list')
    else if (known === version || (known === 0 && entries.length === 0)) done('accepted')
    else {
      ask('GetConfiguration', { key: KEYS }, { lane: 'setup' }, (_said, _detail, configuration) => {
        const keys = keysOf(configuration)
        const longest = Number(keys.get('localauthlistmaxlength') ?? Number.NaN)
        if (keys.get('localauthlistenabled')?.toLowerCase() === 'false')
          done('not-supported', 'LocalAuthListEnabled is false')
        else if (entries.length > longest)
          done('not-supported', `the list has ${entries.length} tags, the charger keeps ${longest}`)
        else sendPortions(ask, entries, version, Number(keys.get('sendlocallistmaxlength') ?? 0), done)
      })
    }
  })
}

function sendPortions(
  ask: Ask,
  entries: readonly Entry[],
  version: number,
  told: number,
  done: (answer: Answer, detail?: string) => void,
): void {
  const size = Number.isInteger(told) && told > 0 ? told : PORTION_WHEN_UNTOLD
  const portions = Math.max(1, Math.ceil(entries.length / size))
  const next = (portion: number): void => {
    if (portion === portions) {
      done('accepted')
      return
    }
    const request: Requests['SendLocalList'] = {
      listVersion: version - (portions - 1 - portion),
      localAuthorizationList: entries.slice(portion * size, (portion + 1) * size),
      updateType: portion === 0 ? 'Full' : 'Differential',
    }
    ask('SendLocalList', request, { lane: 'setup' }, (answer, detail) => {
      if (answer === 'accepted') next(portion + 1)
      else done(answer, detail)
    })
  }
  next(0)
}

function entryOf(tag: KnownTag): Entry {
  return { idTag: tag.idTag, idTagInfo: tagInfo(tag) }
}

function versionOf(entries: readonly Entry[]): number {
  const digest = createHash('sha256').update(JSON.stringify(entries)).digest()
  return FIRST_VERSION + (digest.readUInt32BE(0) % VERSIONS)
}

function keysOf(answered: Answered): ReadonlyMap<string, string> {
  const rows = answered.kind === 'result' ? objects(answered.payload.configurationKey) : []
  return new Map(rows.map(({ key, value }) => [String(key).toLowerCase(), String(value ?? '').trim()]))
}
