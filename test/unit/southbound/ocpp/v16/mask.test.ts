import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashTag } from '../../../../../src/southbound/ocpp/hash-tag.ts'
import { describe as told } from '../../../../../src/southbound/ocpp/v16/describe.ts'
import { runs } from '../../../../support/runs.ts'
import { confirmation, message, nonsense, request, shownTag } from './described.ts'

const payloadOf = (frame: string) => (JSON.parse(frame) as unknown[]).at(-1)

describe('a frame without a secret', () => {
  it.each([
    '[2, "1",  "MeterValues", {"connectorId": 1, "meterValue": []}]',
    '[2,"1","Heartbeat",{}]',
    '[2,"1","StatusNotification",{"connectorId":1,"status":"Charging","errorCode":"NoError","info":"a@b"}]',
    '[2,"1","ChangeConfiguration",{"key":"HeartbeatInterval","value":"300"}]',
    '[2,"1","GetConfiguration",{"key":["AuthorizationKey"]}]',
    '[2,"1","UpdateFirmware",{"location":"https://joe@host/x","retrieveDate":"2026-01-02T04:00:00Z"}]',
    '[2,"1","SignCertificate",{"csr":"-----BEGIN CERTIFICATE REQUEST-----\\nMII\\n-----END CERTIFICATE REQUEST-----"}]',
    '[2,"1","StopTransaction",{"transactionId":1,"idTag":null}]',
  ])('stays as it was sent: %s', (text) => {
    const [, , action] = JSON.parse(text) as [number, string, string]
    expect(told(message({ action, text }), shownTag).frame).toBe(text)
  })

  it('stays as it was sent where tags are shared', () => {
    const shared = (idTag: string) => idTag
    expect(request('StartTransaction', { idTag: 'ABC' }, shared)).toMatchObject({
      frame: '[2,"id","StartTransaction",{"idTag":"ABC"}]',
      message: 'tag ABC',
    })
  })
})

describe('a tag', () => {
  it.each([
    ['Authorize', { idTag: 'HUSH77' }, { idTag: '#6' }],
    ['StartTransaction', { connectorId: 1, idTag: 12345 }, { connectorId: 1, idTag: '#5' }],
    ['StopTransaction', { idTag: 'HUSH77\u0010' }, { idTag: '#6' }],
    ['ReserveNow', { idTag: 'HUSH77', parentIdTag: 'PARENT' }, { idTag: '#6', parentIdTag: '#6' }],
    ['RemoteStartTransaction', { IDTAG: 'HUSH77' }, { IDTAG: '#6' }],
    [
      'SendLocalList',
      { localAuthorizationList: [{ idTag: 'HUSH77', idTagInfo: { status: 'Accepted', parentIdTag: 'P' } }] },
      { localAuthorizationList: [{ idTag: '#6', idTagInfo: { status: 'Accepted', parentIdTag: '#1' } }] },
    ],
    ['ChangeConfiguration', { key: 'FreeModeIdTag', value: 'HUSH77' }, { key: 'FreeModeIdTag', value: '#6' }],
    [
      'DataTransfer',
      { vendorId: 'V', data: { idTag: ['HUSH77', 'X'] } },
      { vendorId: 'V', data: { idTag: ['#6', '#1'] } },
    ],
    ['DataTransfer', { vendorId: 'V', data: { idTag: { id: 'HUSH77' } } }, { vendorId: 'V', data: { idTag: '***' } }],
    [
      'DataTransfer',
      { vendorId: 'V', data: '{"idTag":"HUSH77","n":1}' },
      { vendorId: 'V', data: '{"idTag":"#6","n":1}' },
    ],
    [
      'DataTransfer',
      { vendorId: 'V', data: 'start idTag=HUSH77, now' },
      { vendorId: 'V', data: 'start idTag="#6", now' },
    ],
    [
      'MeterValues',
      { meterValue: [{ sampledValue: [{ value: 'OCMF|{"IS":true,"ID":"HUSH77"}|{}' }] }] },
      { meterValue: [{ sampledValue: [{ value: 'OCMF|{"IS":true,"ID":"#6"}|{}' }] }] },
    ],
    ...(['base64', 'hex'] as const).map((form): [string, object, object] => [
      'MeterValues',
      { meterValue: [{ sampledValue: [{ value: Buffer.from('OCMF|{"ID":"HUSH77"}|{}').toString(form) }] }] },
      { meterValue: [{ sampledValue: [{ value: 'OCMF|{"ID":"#6"}|{}' }] }] },
    ]),
    ['DataTransfer', { data: Buffer.from('{"idTag":"HUSH77"}').toString('base64') }, { data: '{"idTag":"#6"}' }],
    ['DataTransfer', { data: { name: 'idTag', value: 'HUSH77' } }, { data: { name: 'idTag', value: '#6' } }],
    ['DataTransfer', { data: '{"uid":"HUSH77","emaid":"HUSH77"}' }, { data: '{"uid":"#6","emaid":"#6"}' }],
    ['DataTransfer', { data: '<a><idTag>HUSH77</idTag></a>' }, { data: '<a><idTag>"#18"' }],
    ['DataTransfer', { data: "idTag 'HUSH77' is unknown" }, { data: 'idTag "#18"' }],
    ['DataTransfer', { data: 'idTag 04A1B2C3' }, { data: 'idTag "#8"' }],
    ['DataTransfer', { data: 'uid=AB' }, { data: 'uid="#2"' }],
  ])('of %s is shown as it may be: %j', (action, payload, shown) => {
    const told = request(action, payload)
    expect(payloadOf(told.frame)).toEqual(shown)
    expect(told.message).not.toContain('HUSH77')
  })

  it.each([
    ['{"idTag":"HUSH77","idTag":""}', '{"idTag":""}'],
    ['{"data":"{\\"idTag\\":\\"HUSH77\\",\\"idTag\\":null}"}', '{"data":"{\\"idTag\\":null}"}'],
    ['{"password":"HUSH77","password":""}', '{"password":""}'],
  ])('that stands twice is hidden each time: %s', (payload, shown) => {
    const text = `[2,"id","DataTransfer",${payload}]`
    expect(told(message({ action: 'DataTransfer', text }), shownTag).frame).toBe(`[2,"id","DataTransfer",${shown}]`)
  })

  it('is not in the name of a call either', () => {
    const action = 'idTag=HUSH77'
    const said = told(message({ action, text: `[2,"id","${action}",{}]` }), shownTag)
    expect(JSON.stringify(said)).not.toContain('HUSH77')
  })

  it('is the same eight digits wherever it comes, in any letter case', () => {
    const start = request('StartTransaction', { idTag: 'AbC123' }, hashTag).message
    const stop = request('StopTransaction', { transactionId: 1, idTag: 'abc123' }, hashTag).message
    expect(start).toBe(`tag ${hashTag('ABC123')}`)
    expect(stop).toBe(`Transaction 1, tag ${hashTag('ABC123')}`)
    expect(hashTag('ABC123')).toMatch(/^[\da-f]{8}$/)
    expect(hashTag('')).toBe('')
    // More of them than are kept are no others.
    const first = hashTag('first')
    for (let n = 0; n < 1_500; n += 1) hashTag(`tag ${n}`)
    expect(hashTag('first')).toBe(first)
  })
})

describe('a value that a meter signed', () => {
  const ocmf = 'OCMF|{"FV":"1.0","ID":"HUSH77","IT":"ISO14443"}|{"SD":"3045"}'
  const masked = ocmf.replace('HUSH77', '#6')
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const readings = (value: string, format = 'SignedData') => ({
    meterValue: [{ sampledValue: [{ value, format }] }],
  })
  const shownValue = (value: string, shown = shownTag) => {
    const { frame, message } = request('MeterValues', readings(value), shown)
    expect(message).not.toContain('HUSH77')
    return (payloadOf(frame) as ReturnType<typeof readings>).meterValue[0]?.sampledValue[0]?.value
  }

  it.each([
    [ocmf, masked],
    [base64(` ${ocmf}`), ` ${masked}`],
    [base64(ocmf).replace(/.{20}/g, '$&\n'), masked],
    ['OCMF|{"ID":12345678}|{}', 'OCMF|{"ID":"#8"}|{}'],
    [String.raw`OCMF|{"ID":"HUSH\u000077"}|{}`, 'OCMF|{"ID":"#12"}|{}'],
    [String.raw`OCMF|{"ID":"HUSH\"77"}|{}`, 'OCMF|{"ID":"#8"}|{}'],
    ['OCMF|{"ID":"HUSH77', 'OCMF|{"ID":"#6"'],
    [`{"signedMeterData":"${base64(ocmf)}"}`, JSON.stringify({ signedMeterData: masked })],
  ])('is shown without the tag in it: %s', (value, shown) => {
    expect(shownValue(value)).toBe(shown)
  })

  it.each([
    ['vendors write', base64('\u0001\u0002HUSH77\u0003')],
    ['XML holds', `<signedData>${ocmf}</signedData>`],
    ['somebody encoded twice', base64(base64(ocmf))],
    ['is hexadecimal digits of a tag', Buffer.from('HUSH77').toString('hex')],
  ])('in a format that %s is hidden, and may be found by its hash', (_, value) => {
    expect(shownValue(value)).toMatch(
      new RegExp(String.raw`^\*\*\* \(signed, ${value.length} characters, SHA-256 [\da-f]{8}…\)$`),
    )
    expect(shownValue(value, (tag) => tag)).toBe(value)
  })

  it('is hidden likewise in a JSON that says how it is encoded', () => {
    const value = JSON.stringify({ encodingMethod: 'EDL', signedMeterData: base64('\u0001HUSH77') })
    expect(shownValue(value)).toMatch(/^\{"encodingMethod":"EDL","signedMeterData":"\*{3} \(signed, 12 characters/)
  })

  it('is shown without the tag in it also where a DataTransfer holds it among other text', () => {
    const inText = (text: string) => payloadOf(request('DataTransfer', { data: `<d>${text}</d>` }).frame)
    expect(inText(base64(ocmf))).toEqual({ data: `<d>${masked}</d>` })
    expect(inText(Buffer.from(ocmf).toString('hex'))).toEqual({ data: `<d>${masked}</d>` })
    const quoted = (text: string) => text.replaceAll('"', '&quot;')
    expect(inText(quoted(ocmf))).toEqual({ data: `<d>${quoted(masked)}</d>` })
    expect(inText(base64('OCMF|{}|{}'))).toEqual({ data: `<d>${base64('OCMF|{}|{}')}</d>` })
  })

  it('is left out of a damaged message', () => {
    const text = '[2,"1","MeterValues",{"meterValue":[{"sampledValue":[{"format":"SignedData","value":"AQJIVVNINzcD"'
    expect(nonsense(text).frame).toBe('[2,"1","MeterValues",{…')
    expect(nonsense(text, (tag) => tag).frame).toBe(text)
  })
})

describe('a password', () => {
  it.each([
    ['ChangeConfiguration', { key: 'AuthorizationKey', value: 'HUSH77' }, { key: 'AuthorizationKey', value: '***' }],
    ['ChangeConfiguration', { value: 'HUSH77', key: ' authorizationkey' }, { value: '***', key: ' authorizationkey' }],
    ['ChangeConfiguration', { key: 'WifiPassphrase', value: 'HUSH77' }, { key: 'WifiPassphrase', value: '***' }],
    ['GetDiagnostics', { location: 'ftp://u:HUSH77@h' }, { location: 'ftp://u:***@h' }],
    ['UpdateFirmware', { location: 'https://u:HUSH/7@7@h/x' }, { location: 'https://u:***@h/x' }],
    ['UpdateFirmware', { location: 'https://h/x?a=1&sig=HUSH77&b=2' }, { location: 'https://h/x?a=1&sig=***&b=2' }],
    ['GetLog', { log: { remoteLocation: 'sftp://u:HUSH77@h/x' } }, { log: { remoteLocation: 'sftp://u:***@h/x' } }],
    ['DataTransfer', { messageId: 'SetPassword', data: 'HUSH77' }, { messageId: 'SetPassword', data: '***' }],
    ['DataTransfer', { data: 'ssid=x;password=HUSH77;n=1' }, { data: 'ssid=x;password="***";n=1' }],
    ['DataTransfer', { data: { apiKey: 'HUSH77', token: { a: 'HUSH77' } } }, { data: { apiKey: '***', token: '***' } }],
    ['DataTransfer', { data: '<password>HUSH77</password>' }, { data: '<password>"***"' }],
    ['ChangeConfiguration', { KEY: 'AuthorizationKey', VALUE: 'HUSH77' }, { KEY: 'AuthorizationKey', VALUE: '***' }],
    ['DataTransfer', { data: 'Authorization: Basic HUSH77' }, { data: 'Authorization: Basic ***' }],
    [
      'InstallCertificate',
      { certificate: 'a\n-----BEGIN RSA PRIVATE KEY-----\nHUSH77\n-----END RSA PRIVATE KEY-----\nb' },
      { certificate: 'a\n***\nb' },
    ],
  ])('of %s is hidden: %j', (action, payload, shown) => {
    const told = request(action, payload)
    expect(payloadOf(told.frame)).toEqual(shown)
    expect(told.message).not.toMatch(/HUSH/)
  })

  it('is hidden where a charger answers one all the same', () => {
    const rows = [
      { key: 'HeartbeatInterval', readonly: false, value: '300' },
      { key: 'AuthorizationKey', readonly: false, value: 'HUSH77' },
    ]
    expect(confirmation('GetConfiguration', { configurationKey: rows })).toMatchObject({
      message: 'HeartbeatInterval = 300, AuthorizationKey = ***',
      frame:
        '[3,"id",{"configurationKey":[{"key":"HeartbeatInterval","readonly":false,"value":"300"},{"key":"AuthorizationKey","readonly":false,"value":"***"}]}]',
    })
  })
})

describe('a damaged message', () => {
  it.each([
    [
      '[2,"1","StartTransaction",{"connectorId":1,"idTag":"HUSH77","meterStart":0',
      '[2,"1","StartTransaction",{"connectorId":1,"idTag":"#6","meterStart":0',
    ],
    [
      '[2,"1","StartTransaction",{"connectorId":1,"idTag":"HUSH',
      '[2,"1","StartTransaction",{"connectorId":1,"idTag":"#4',
    ],
    [
      '[2,"1","StartTransaction",{"idTag":HUSH77,"meterStart":0}]',
      '[2,"1","StartTransaction",{"idTag":#6,"meterStart":0}]',
    ],
    [
      "[2,'1','StartTransaction',{'idTag':'HUSH77','meterStart':0}]",
      "[2,'1','StartTransaction',{'idTag':'#6','meterStart':0}]",
    ],
    ['[2,"1","StartTransaction",{"idTag" "HUSH77"}]', '[2,"1","StartTransaction",{"idTag" "#6"}]'],
    ['[2,"1","StartTransaction",{"id\\u0054ag":"HUSH77"', '[2,"1","StartTransaction",{"idTag":"#6"'],
    ['[2,"1","StartTransaction",{"tg":"HUSH77"', '[2,"1","StartTransaction",{…'],
    [
      '[2,"1","DataTransfer",{"data":"{\\"idTag\\":\\"HUSH77\\"}"',
      '[2,"1","DataTransfer",{"data":"{\\"idTag\\":\\"#6"}"',
    ],
    ['[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"HUSH77"', '[2,"1","ChangeConfiguration",{…'],
    ['[3,"1",{"configurationKey":[{"value":"HUSH77","key":"AuthorizationKey"}', '[3,"1",{…'],
    ['[2,"1","GetDiagnostics",{"location":"ftp://u:HUSH77@h"', '[2,"1","GetDiagnostics",{"location":"ftp://u:***@h"'],
    ['-----BEGIN PRIVATE KEY-----\nHUSH77', '***'],
    ['Authorize HUSH77', 'Authorize…'],
    ['the password is HUSH77', 'the password…'],
    ['{"idTag":"HUSH77"}', '{"idTag":"#6"}'],
    ['[2,"1","MeterValues",{"connectorId":1,"meterValue":[{', '[2,"1","MeterValues",{"connectorId":1,"meterValue":[{'],
  ])('hides what it can: %s', (text, shown) => {
    const told = nonsense(text)
    expect(told.frame).toBe(shown)
    expect(told.message).not.toContain('HUSH77')
  })

  it('shows no tag, wherever it is broken', () => {
    const tag = 'K7PW30HT8ZQ2'
    const calls = [
      `[2,"1","StartTransaction",{"connectorId":1,"idTag":"${tag}","meterStart":0,"timestamp":"2026-01-02T03:04:05Z"}]`,
      `[2,"1","StopTransaction",{"transactionId":7,"idTag":"${tag}","meterStop":9}]`,
      `[2, "1", "Authorize", {"idTag": "${tag}"}]`,
    ]
    const damage = fc.record({
      call: fc.constantFrom(...calls),
      at: fc.nat(200),
      removed: fc.integer({ min: 0, max: 3 }),
      put: fc.constantFrom('', '"', '\\', '{', ',', ':', '\u0000', "'", '}', '\n', '\ud800', 'x'),
    })
    fc.assert(
      fc.property(damage, ({ call, at, removed, put }) => {
        const place = at % call.length
        // Its own characters stay; and half a name names nothing.
        const kept = [tag, '"idTag"', 'Transaction"', 'Authorize"']
        const rest = call.slice(0, place) + put + call.slice(place + removed)
        fc.pre(kept.slice(0, 2).every((part) => rest.includes(part)))
        const { frame, message } = nonsense(rest)
        expect(frame + message).not.toContain(tag)
      }),
      { numRuns: runs(2_000) },
    )
  })

  it('shows no tag when it is cut anywhere within', () => {
    const call = '[2,"1","StartTransaction",{"connectorId":1,"idTag":"K7PW30HT8ZQ2","meterStart":0}]'
    for (let length = 1; length < call.length; length += 1)
      expect(nonsense(call.slice(0, length)).frame).not.toMatch(/K7PW/)
  })

  it('is shown in tags of which each tells one from another', () => {
    expect(nonsense('[2,"1","Authorize",{"idTag":"ABC"', hashTag).frame).toContain(hashTag('abc'))
    expect(shownTag('ABC')).toBe('#3')
  })
})
