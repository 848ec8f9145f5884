import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { liveSite } from '../support/live-site.ts'
import { RecordingHistory } from '../support/recording-history.ts'

const CONFIG = `web: { listen: "127.0.0.1:0" }
chargers:
  - { id: CP-1, name: Bay 01, connectors: 2, electrical: { maxCurrent: 32 } }
  - { id: CP-2, name: Bay 02, electrical: { maxCurrent: 32 } }
  - { id: DEAF, name: Bay 03, electrical: { maxCurrent: 32 } }
`

const history = new RecordingHistory()
let own: Awaited<ReturnType<typeof liveSite>>
let url: string

beforeAll(async () => {
  own = await liveSite(CONFIG, { history })
  url = own.addresses.get('web') ?? ''
  own.simulate('CP-1')
  await vi.waitFor(async () =>
    expect(await chargers()).toContainEqual(expect.objectContaining({ id: 'CP-1', ready: true })),
  )
})
afterAll(() => own.stop())

async function chargers(): Promise<readonly Record<string, unknown>[]> {
  return (await (await fetch(`${url}/api/chargers`)).json()) as Record<string, unknown>[]
}

async function post(id: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/api/chargers/${id}/call`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const call = (action: string, payload?: object, id = 'CP-1') => post(id, JSON.stringify({ action, payload }))
const description = (body: Record<string, unknown>) => (body.error as { description: string }).description

/** A request with headers that fetch won't send; answers with its status. */
function raw(headers: Record<string, string>, body?: string): Promise<number> {
  const { hostname, port } = new URL(url)
  const path = body === undefined ? '/api/chargers' : '/api/chargers/CP-1/call'
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method: body === undefined ? 'GET' : 'POST', headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('a call by hand', () => {
  it('is answered with what the charger says', async () => {
    expect(await call('GetConfiguration', { key: ['NumberOfConnectors', 'Nonsense'] })).toEqual({
      status: 200,
      body: {
        answer: {
          configurationKey: [{ key: 'NumberOfConnectors', readonly: true, value: '2' }],
          unknownKey: ['Nonsense'],
        },
      },
    })
  })

  it('needs no payload where the standard asks for none, and the id in no letter case', async () => {
    expect(await call('ClearCache', undefined, 'cp-1')).toEqual({
      status: 200,
      body: { answer: { status: 'Accepted' } },
    })
  })

  it('that the charger answers with a CALLERROR is a 502 with its code', async () => {
    const { status, body } = await call('GetInstalledCertificateIds', {
      certificateType: 'CentralSystemRootCertificate',
    })
    expect(status).toBe(502)
    expect(body).toEqual({ error: { code: 'NotImplemented', description: 'GetInstalledCertificateIds' } })
  })

  it('to nobody names who may be meant', async () => {
    const { status, body } = await call('ClearCache', {}, 'CP-11')
    expect(status).toBe(404)
    expect(description(body)).toBe('there is no charger CP-11 (did you mean CP-1?)')
  })

  it('to a charger that is away is a 409, unless it is wrong in itself', async () => {
    expect(await call('ClearCache', {}, 'CP-2')).toMatchObject({ status: 409, body: { error: { code: 'offline' } } })
    expect(await call('ClearCash', {}, 'CP-2')).toMatchObject({ status: 400 })
  })

  it('that is not answered in time is a 504', async () => {
    own.simulate('DEAF', { deaf: true })
    await vi.waitFor(async () =>
      expect(await chargers()).toContainEqual(expect.objectContaining({ id: 'DEAF', ready: true })),
    )
    expect(await call('ClearCache', {}, 'DEAF')).toMatchObject({ status: 504, body: { error: { code: 'no-answer' } } })
  })

  it.each([
    ['ClearCash', {}, 'ClearCash is no call of OCPP 1.6 to a charger (did you mean ClearCache?)'],
    ['Heartbeat', {}, 'Heartbeat is a call that chargers make: TriggerMessage asks for it'],
    ['constructor', {}, 'constructor is no call of OCPP 1.6 to a charger'],
    ['Reset', {}, "Reset: / must have required property 'type'"],
    ['Reset', { type: 'Warm' }, 'Reset: /type must be equal to one of the allowed values: Hard, Soft'],
    ['Reset', { type: 'Soft', tpye: 1 }, 'Reset: / must NOT have additional properties: tpye'],
    ['GetConfiguration', { key: 'X' }, 'GetConfiguration: /key must be array'],
    [
      'SetChargingProfile',
      {
        connectorId: 1,
        csChargingProfiles: {
          chargingProfileId: 1,
          stackLevel: 0,
          chargingProfilePurpose: 'TxDefaultProfile',
          chargingProfileKind: 'Absolute',
          chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: '6' }] },
        },
      },
      'SetChargingProfile: /csChargingProfiles/chargingSchedule/chargingSchedulePeriod/0/limit must be number',
    ],
  ])('%s of %j is refused before it is sent', async (action, payload, told) => {
    const { status, body } = await call(action, payload)
    expect(status).toBe(400)
    expect(description(body)).toBe(told)
  })

  it('that changes a configuration key shows at the points', async () => {
    expect(await call('ChangeConfiguration', { key: 'BlinkRepeat', value: '7' })).toMatchObject({ status: 200 })
    expect(await call('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '33' })).toMatchObject({
      status: 200,
    })
    const point = own.gateway.points.find(({ definition }) => definition.name === 'config.MeterValueSampleInterval')
    await vi.waitFor(() => expect(point?.value).toBe(33))
  })

  it('that triggers a message gets the message, too', async () => {
    const before = Date.now()
    const connector = [...own.gateway.fleet.chargers][0]?.state.connectors[1]
    expect(await call('TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 1 })).toMatchObject({
      body: { answer: { status: 'Accepted' } },
    })
    await vi.waitFor(() => expect(connector?.statusAt).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000))
  })

  it('sets a charging profile without a word to what the bridge itself wants', async () => {
    const charger = [...own.gateway.fleet.chargers][0]
    const before = structuredClone(charger?.control.connectors[1]?.limitProgress)
    const csChargingProfiles = {
      chargingProfileId: 1,
      stackLevel: 3,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Relative',
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 8 }] },
    }
    expect(await call('SetChargingProfile', { connectorId: 1, csChargingProfiles })).toMatchObject({ status: 200 })
    expect(charger?.control.connectors[1]?.limitProgress).toEqual(before)
    expect(await call('GetCompositeSchedule', { connectorId: 1, duration: 60 })).toMatchObject({
      body: { answer: { chargingSchedule: { chargingSchedulePeriod: [{ limit: 8 }] } } },
    })
  })

  it('leaves no password in the log', async () => {
    await call('ChangeConfiguration', { key: 'AuthorizationKey', value: 'x7secret7x' })
    await call('ChangeConfiguration', { key: 'AuthorizationKey', value: 'x7secret7x', sercet: 'x7secret7x' })
    await post('CP-1', '{"action":"ChangeConfiguration","payload":{"value":"x7secret7x"')
    expect(own.logged.length).toBeGreaterThan(5)
    expect(own.logged.join('\n')).not.toContain('x7secret7x')
  })

  it('is a write in the history: who, what and what came of it, without its payload', async () => {
    history.writes()
    await call('ChangeConfiguration', { key: 'AuthorizationKey', value: 'x7secret7x' })
    await call('GetInstalledCertificateIds', { certificateType: 'CentralSystemRootCertificate' })
    await call('Reset', { type: 'Soft' }, 'CP-2')
    await call('Reset', { type: 'Soft' }, 'CP-2')
    await call(`Clear${'x'.repeat(1000)}`, { secret: 'x7secret7x' })
    expect(await raw({ host: 'evil.example', 'content-type': 'application/json' }, '{}')).toBe(403)
    const writes = history.writes()
    const by = { source: 'Web', client: 'web:127.0.0.1', connector: 0, frame: undefined, priority: undefined }
    expect(writes).toMatchObject([
      { ...by, charger: 'CP-1', point: 'call ChangeConfiguration', value: 'answered', result: 'accepted' },
      { ...by, point: 'call GetInstalledCertificateIds', value: 'answered by NotImplemented', result: 'accepted' },
      { ...by, charger: 'CP-2', point: 'call Reset', value: '', result: 'offline' },
      { ...by, charger: 'CP-1', point: `call Clear${'x'.repeat(55)}`, result: 'wrong-type' },
      { ...by, charger: undefined, point: 'call', value: '', result: 'denied' },
    ])
    expect(JSON.stringify(writes)).not.toContain('x7secret7x')
  })
})

describe('the list of chargers', () => {
  it('tells of each what a script wants to know', async () => {
    const found = (await chargers()).find(({ id }) => id === 'CP-1')
    expect(found).toEqual({
      id: 'CP-1',
      name: 'Bay 01',
      guest: false,
      registration: 'accepted',
      online: true,
      ready: true,
      status: 'Available',
      connectors: [
        { connector: 1, status: 'Available', errorCode: 'NoError' },
        { connector: 2, status: 'Available', errorCode: 'NoError' },
      ],
    })
  })

  it('has guests in it', async () => {
    own.simulate('STRANGER')
    await vi.waitFor(async () =>
      expect(await chargers()).toContainEqual(
        expect.objectContaining({ id: 'STRANGER', guest: true, registration: 'pending', ready: false }),
      ),
    )
    expect(await call('ClearCache', {}, 'STRANGER')).toMatchObject({ status: 409 })
  })
})

describe('hostile HTTP', () => {
  const good = '{"action":"ClearCache"}'

  it.each([
    ['no JSON', '{"action":', 400],
    ['nothing', '', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['no action', '{"payload":{}}', 400],
    ['an action that is no text', '{"action":{"toString":1}}', 400],
    ['other keys', '{"action":"ClearCache","constructor":{}}', 400],
    ['__proto__', '{"action":"ClearCache","payload":{"__proto__":{"x":1}}}', 400],
    ['constructor.prototype', '{"action":"ClearCache","payload":{"constructor":{"prototype":{"x":1}}}}', 400],
    ['a deep nest', `{"action":"ClearCache","payload":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 400],
    ['a payload that is no object', '{"action":"ClearCache","payload":7}', 400],
    ['two megabytes', `{"action":"ClearCache","payload":{"x":"${'x'.repeat(2_000_000)}"}}`, 413],
  ])('%s has an answer that says so', async (_what, body, status) => {
    const answer = await post('CP-1', body)
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({ error: { code: expect.any(String), description: expect.any(String) } })
    expect(({} as { x?: unknown }).x).toBeUndefined()
  })

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    '',
  ])('content type %j, which any page could send, is a 415', async (type) => {
    expect((await post('CP-1', good, { 'content-type': type })).status).toBe(415)
  })

  it.each(['%', '%ff', '%00', '..%2f..', '__proto__'])('the identifier %j is nobody', async (id) => {
    expect([400, 404]).toContain((await post(id, good)).status)
  })

  it('an endless identifier is nobody', async () => {
    expect([404, 414]).toContain((await post('x'.repeat(5_000), good)).status)
  })

  it.each([
    ['a page of another site', { host: 'localhost', origin: 'http://evil.example' }, 403],
    ['a page of another port', { host: 'localhost:8080', origin: 'http://localhost:9090' }, 403],
    ['a sandboxed page', { host: 'localhost', origin: 'null' }, 403],
    ['a name that was made to point here', { host: 'evil.example' }, 403],
    ['a name that looks like us', { host: '127.0.0.1.evil.example' }, 403],
    ['a page of our own', { host: 'localhost:8080', origin: 'http://localhost:8080' }, 200],
    ['a tunnel', { host: '[::1]:9000' }, 200],
  ])('%s with %j is answered with %i', async (_what, headers, status) => {
    expect(await raw(headers)).toBe(status)
    expect(await raw({ ...headers, 'content-type': 'application/json' }, good)).toBe(status)
  })

  it('that is no HTTP ends its own connection alone', async () => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    socket.resume()
    socket.write('\0\x01\x02 nonsense\r\n\r\n')
    await new Promise((resolve) => socket.once('close', resolve))
    expect((await call('ClearCache')).status).toBe(200)
  })

  it('finds nothing elsewhere', async () => {
    for (const path of ['/', '/api', '/api/chargers/CP-1', '/%2e%2e/etc/passwd']) {
      const response = await fetch(`${url}${path}`)
      expect(response.status).toBe(404)
    }
  })
})

describe('with a token', () => {
  it('nobody without it gets in', async () => {
    const site = await liveSite(`web: { listen: "127.0.0.1:0", token: s3cret-t0ken }\n`)
    try {
      const address = `${site.addresses.get('web')}/api/chargers`
      const status = async (authorization?: string) =>
        (await fetch(address, authorization === undefined ? {} : { headers: { authorization } })).status
      expect(await status()).toBe(401)
      for (const wrong of ['Bearer', 'Bearer ', 'Bearer s3cret-t0ke', 'Bearer s3cret-t0ken2', 'Basic s3cret-t0ken'])
        expect(await status(wrong), wrong).toBe(401)
      expect(await status('Bearer s3cret-t0ken')).toBe(200)
      expect((await fetch(`${site.addresses.get('web')}/nowhere`)).status).toBe(401)
      expect(site.logged.join('\n')).not.toContain('s3cret')
    } finally {
      await site.stop()
    }
  })
})
