import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe as about, expect, it } from 'vitest'
import type { Message } from '../../../../../src/core/history.ts'
import { describe } from '../../../../../src/southbound/ocpp/v16/describe.ts'
import { runs } from '../../../../support/runs.ts'
import { confirmation, message, nonsense, request, shownTag } from './described.ts'

about('a message', () => {
  const error = (text: string) => describe(message({ action: 'Reset', form: 'error', text }), shownTag)

  it('that is an error is told by code, description and details', () => {
    expect(error('[4,"id","NotSupported","no such feature",{}]')).toMatchObject({
      type: 'ResetError',
      message: 'NotSupported: no such feature',
    })
    expect(error('[4,"id","InternalError","",{"cause":"x"}]').message).toBe('InternalError, {"cause":"x"}')
    expect(error('[4,"id"]').message).toBe('No code')
  })

  it('of an unknown action keeps its name, printable and not for ever', () => {
    expect(request('VendorThing', { a: 1 })).toMatchObject({ type: 'VendorThingRequest', message: '{"a":1}' })
    expect(request('Böse\n"x"', {}).type).toBe('B?se?"x"Request')
    expect(request('x'.repeat(1000), {}).type).toHaveLength(57)
    expect(request('__proto__', {}).message).toBe('{}')
    expect(request('constructor', {}).message).toBe('{}')
  })

  it('that answers nothing says so', () => {
    expect(confirmation('', { status: 'Accepted' })).toMatchObject({
      type: 'Confirmation',
      message: 'Answer to no call that waits: {"status":"Accepted"}',
    })
  })

  it('that is very long is kept in part, and says how much is missing', () => {
    const { frame } = request('DataTransfer', { data: 'x'.repeat(300_000) })
    expect(frame).toHaveLength(100_000 + '… (200032 more characters)'.length)
    expect(frame.slice(-40)).toMatch(/x… \(\d{6} more characters\)$/)
    const { frame: halves } = nonsense(`x${'😀'.repeat(60_000)}`)
    expect(halves).not.toMatch(/\p{Surrogate}/u)
    const secret = request('DataTransfer', { data: `${'x'.repeat(99_950)} password: hunter2hunter2hunter2hunter2` })
    expect(secret.frame).not.toContain('hunter')
  })

  it('that nests endlessly is described like any other', () => {
    for (const name of ['idTag', 'idTags', 'password', 'key', 'data', 'value'])
      for (const [open, close] of [
        ['[', ']'],
        ['{"idTag":', '}'],
        ['{"key":"AuthorizationKey","value":', '}'],
      ] as const) {
        const times = 100_000
        const text = `[2,"id","DataTransfer",{"${name}":${open.repeat(times)}1${close.repeat(times)}}]`
        const { frame } = describe(message({ action: 'DataTransfer', text }), shownTag)
        expect(frame.length).toBeLessThan(110_000)
      }
  })

  it('that is none says why, and how it begins', () => {
    expect(nonsense('garbage')).toMatchObject({ type: 'Unreadable', message: 'Not understood (no JSON): garbage' })
    expect(nonsense('[2,"d","Heartbeat",{').message).toBe('Not understood (no JSON): [2,"d","Heartbeat",{')
    expect(nonsense('{"a":1}').message).toBe('Not understood (no array): {"a":1}')
    expect(nonsense('[9,"x"]').message).toBe('Not understood (no message type): [9,"x"]')
    expect(nonsense(' ').message).toBe('An empty text')
  })

  it('is one line of 500 characters at the most', () => {
    expect(request('DataTransfer', { vendorId: 'a\nb\u0007', data: 'line 1\r\n\tline 2' }).message).toBe(
      'a b: line 1 line 2',
    )
    expect(nonsense(`a\nb\t${'x'.repeat(1000)}`).message).toMatch(/^Not understood \(no JSON\): a b x+…$/)
    expect(nonsense('x'.repeat(5000)).message).toHaveLength(500)
  })

  it('whose JSON has raw control characters is understood as the bridge understands it', () => {
    const text = '[2,"1","StopTransaction",{"idTag":"K7PW\u0010\u000e","transactionId":7}]'
    expect(describe(message({ action: 'StopTransaction', text }), shownTag)).toMatchObject({
      message: 'Transaction 7, tag #4',
      frame: '[2,"1","StopTransaction",{"idTag":"#4","transactionId":7}]',
    })
  })
})

/** Whatever it is, there is a line of it and no mistake of ours. */
function holds(of: Message): void {
  const told = describe(of, shownTag)
  expect(told.type).toMatch(/^[\x21-\x7e]{1,62}$/)
  expect(told.message.length).toBeLessThanOrEqual(500)
  expect(told.message).not.toMatch(/\p{C}/u)
  expect(told.frame).not.toContain('\0')
}

const actions = fc.constantFrom(
  ...['Authorize', 'BootNotification', 'DataTransfer', 'DiagnosticsStatusNotification', 'FirmwareStatusNotification'],
  ...['Heartbeat', 'MeterValues', 'StartTransaction', 'StatusNotification', 'StopTransaction', 'CancelReservation'],
  ...['ChangeAvailability', 'ChangeConfiguration', 'ClearCache', 'ClearChargingProfile', 'GetCompositeSchedule'],
  ...['GetConfiguration', 'GetDiagnostics', 'GetLocalListVersion', 'RemoteStartTransaction', 'RemoteStopTransaction'],
  ...['ReserveNow', 'Reset', 'SendLocalList', 'SetChargingProfile', 'TriggerMessage', 'UnlockConnector'],
  ...['UpdateFirmware', 'CertificateSigned', 'DeleteCertificate', 'ExtendedTriggerMessage', 'GetLog'],
  ...['GetInstalledCertificateIds', 'InstallCertificate', 'SignedUpdateFirmware', 'LogStatusNotification'],
  ...['SecurityEventNotification', 'SignCertificate', 'SignedFirmwareStatusNotification', 'toString', '__proto__', ''],
)
const forms = fc.constantFrom<Message['form']>('call', 'result', 'error', 'nonsense')
/** Members that the sentences look at, with anything in them. */
const names = fc.constantFrom(
  ...['idTag', 'idTagInfo', 'status', 'connectorId', 'transactionId', 'meterValue', 'sampledValue', 'timestamp'],
  ...['value', 'measurand', 'unit', 'phase', 'key', 'configurationKey', 'unknownKey', 'csChargingProfiles'],
  ...['chargingSchedule', 'chargingSchedulePeriod', 'limit', 'location', 'firmware', 'log', 'data', 'interval'],
  ...['localAuthorizationList', 'certificateHashData', 'currentTime', 'retries', 'listVersion', '__proto__'],
)
const leaf = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('OCMF|{"ID":"X"}', 1e308, -0, '9'.repeat(40), '2026-13-99T99:99:99Z'),
)
const { payload } = fc.letrec((tie) => ({
  payload: fc.dictionary(names, tie('value'), { maxKeys: 8 }),
  value: fc.oneof({ maxDepth: 6 }, leaf, tie('payload'), fc.array(tie('value'), { maxLength: 4 })),
}))

about('whatever comes', () => {
  it('is described, be it JSON of any kind in any place', () => {
    fc.assert(
      fc.property(actions, forms, payload, fc.boolean(), (action, form, inner, isAnswer) => {
        const text = JSON.stringify(isAnswer ? [3, 'id', inner] : [2, 'id', action, inner])
        holds(message({ action, form, text }))
      }),
      { numRuns: runs(500) },
    )
  })

  it('is described, be it any text', () => {
    fc.assert(
      fc.property(actions, forms, fc.string({ unit: 'binary', maxLength: 300 }), (action, form, text) =>
        holds(message({ action, form, text })),
      ),
      { numRuns: runs(500) },
    )
  })

  it('is described when it is nested beyond reason', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const text = `[2,"id","DataTransfer",{"data":${open.repeat(50_000)}1${close.repeat(50_000)}}]`
      holds(message({ action: 'DataTransfer', text }))
      expect(describe(message({ action: 'DataTransfer', text }), shownTag).frame.length).toBeLessThan(500)
    }
  })

  it('is described in little time, whatever a charger repeats', () => {
    const pieces = ['"idTag', 'idTag"', 'idTag: x', '://a:', '\\', '"', "'", ' ', 'password', 'token:', 'value": ', '{']
    const more = ['-----BEGIN PRIVATE KEY-----', '?sig=', '"ID":"', 'authorization: basic ', '\\u0041', 'rfid']
    for (const begin of ['[2,"id","StartTransaction",{', 'password "', 'idTag   ', 'OCMF|"ID"']) {
      for (const piece of [...pieces, ...more]) {
        const text = begin + piece.repeat(Math.ceil(100_000 / piece.length))
        const data = JSON.stringify([2, 'id', 'DataTransfer', { data: text }])
        const began = performance.now()
        describe(message({ form: 'nonsense', text }), shownTag)
        describe(message({ action: 'DataTransfer', text: data }), shownTag)
        // A few milliseconds; what goes back and forth over all of it takes minutes.
        expect({ begin, piece, quick: performance.now() - began < 3_000 }).toEqual({ begin, piece, quick: true })
      }
    }
  })

  it('of real chargers is described, and shows nobody’s tag', () => {
    const lines = readFileSync(join(import.meta.dirname, '../../../../replay/frames.jsonl'), 'utf8')
      .trim()
      .split('\n')
    const forms: Readonly<Record<number, Message['form']>> = { 2: 'call', 3: 'result', 4: 'error' }
    const texts = lines.map((line) => {
      const { action, frame, raw } = JSON.parse(line) as { action: string; frame?: unknown[]; raw?: string }
      return { action, form: forms[Number(frame?.[0])] ?? 'nonsense', text: raw ?? JSON.stringify(frame) }
    })
    // Of each message its own: one charger's serial number is the tag of another's driver.
    const tagsIn = (text: string) =>
      [...text.matchAll(/"(?:idTag|parentIdTag)"\s*:\s*"([^"\\\p{Cc}]{4,})/gu)].map(([, tag]) => tag ?? '')
    expect(texts.length).toBeGreaterThan(350)
    expect(texts.flatMap(({ text }) => tagsIn(text)).length).toBeGreaterThan(20)
    for (const each of texts) {
      holds(message(each))
      const { frame, message: words } = describe(message(each), shownTag)
      for (const tag of tagsIn(each.text)) expect(frame + words).not.toContain(tag)
      // Nothing of it is a secret: it stays as it was sent.
      if (!/tag/i.test(each.text)) expect(frame).toBe(each.text)
    }
  })
})
