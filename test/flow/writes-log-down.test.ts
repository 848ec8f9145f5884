import { describe, expect, it } from 'vitest'
import { RecordingHistory } from '../support/recording-history.ts'
import { CONFIG, local, routed, site } from '../support/site.ts'

/** WriteProperty of analog-output 101 (the limit of connector 1), Present_Value, at priority 8. */
function limitApdu(amps: number, invoke: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(amps)
  return `0005${invoke}0f0c0040006519553e44${bytes.toString('hex')}3f4908`
}

async function told(options: { readonly config?: string; readonly flat?: boolean } = {}) {
  const history = new RecordingHistory()
  const own = await site({ history, ...options })
  return { ...own, history, writes: () => history.writes() }
}

async function withCharger() {
  const own = await told()
  const charger = own.charger('CP-1')
  charger.boot()
  charger.answer('')
  return { ...own, own: charger }
}

describe('what BACnet writes', () => {
  it('is in the history with its APDU, and the same once more is not', async () => {
    const { bacnet, clock, writes } = await told()
    bacnet(routed(4001, limitApdu(16, '01')))
    expect(writes()).toEqual([
      {
        kind: 'write',
        at: clock.now(),
        source: 'BACnet',
        client: 'bacnet:127.0.0.9',
        charger: 'CP-1',
        connector: 1,
        point: 'limit',
        value: '16 A',
        priority: 8,
        result: 'accepted',
        frame: limitApdu(16, '01'),
      },
    ])
    bacnet(routed(4001, limitApdu(16, '02')))
    expect(writes()).toEqual([])
    bacnet(routed(4001, limitApdu(10, '03')))
    expect(writes()).toMatchObject([{ value: '10 A', frame: limitApdu(10, '03') }])
  })

  it('and is refused is told once a minute for each reason', async () => {
    const { bacnet, clock, writes } = await told()
    bacnet(routed(4001, limitApdu(-1, '01')))
    bacnet(routed(4001, limitApdu(-2, '02')))
    expect(writes()).toMatchObject([
      { point: 'limit', value: '-1 A', priority: 8, result: 'out-of-range', frame: limitApdu(-1, '01') },
    ])
    bacnet(routed(4001, '00 05 03 0f 0c 00400065 19 55 3e 21 05 3f 49 08'))
    expect(writes()).toMatchObject([{ point: 'limit', value: '', result: 'wrong-type' }])
    clock.advance(60_000)
    bacnet(routed(4001, limitApdu(-3, '04')))
    expect(writes()).toMatchObject([{ value: '-3 A', result: 'out-of-range' }])
  })

  it('is told with the reason why an action or a read-only property refuses', async () => {
    const { bacnet, writes } = await told()
    // Reset (multi-state-value 1) of a charger that is away; a name; an object that isn't there.
    bacnet(routed(4001, '00 05 01 0f 0c 04c00001 19 55 3e 21 02 3f'))
    bacnet(routed(4001, '00 05 02 0f 0c 00400065 19 4d 3e 75 02 00 41 3f'))
    bacnet(routed(4001, '00 05 03 0f 0c 00403fff 19 55 3e 44 41200000 3f'))
    expect(writes()).toMatchObject([
      { charger: 'CP-1', connector: 0, point: 'reset', value: 'Soft', result: 'offline', priority: undefined },
      { charger: 'CP-1', connector: 1, point: 'limit object-name', value: '', result: 'read-only' },
      { charger: 'CP-1', connector: 0, point: 'analog-output 16383 present-value', result: 'read-only' },
    ])
  })

  it('without the right to is told as denied', async () => {
    const config = CONFIG.replace('TOPOLOGY', 'TOPOLOGY, allowWrites: ["10.0.0.0/8"]')
    const { bacnet, writes, seen } = await told({ config })
    const before = seen('CP-1', 1, 'limit')
    for (const invoke of ['01', '02', '03']) bacnet(routed(4001, limitApdu(16, invoke)))
    expect(writes()).toMatchObject([
      { charger: 'CP-1', connector: 1, point: 'limit', value: '16 A', priority: 8, result: 'denied' },
    ])
    expect(seen('CP-1', 1, 'limit')).toBe(before)
  })

  it('of several properties in one request is one entry each, up to the one that failed', async () => {
    const { bacnet, writes } = await told()
    const values = `0c 00400065 1e 09 55 2e 44 41800000 2f 39 08 1f 0c 01000065 1e 09 55 2e 91 00 2f 39 06 1f`
    bacnet(routed(4001, `00 05 01 10 ${values}`))
    const frame = `00050110${values}`.replaceAll(' ', '')
    expect(writes()).toMatchObject([
      { point: 'limit', value: '16 A', result: 'accepted', frame },
      { point: 'availability', value: 'false', priority: 6, result: 'reserved-slot', frame },
    ])
  })

  it('to a property of BACnet alone is told as well', async () => {
    const { bacnet, writes } = await told()
    // COV_Increment of the power of connector 1.
    bacnet(routed(4001, '00 05 01 0f 0c 00000065 19 16 3e 44 3f000000 3f'))
    bacnet(routed(4001, '00 05 02 0f 0c 00000065 19 16 3e 44 3f000000 3f'))
    expect(writes()).toMatchObject([
      {
        charger: 'CP-1',
        connector: 1,
        point: 'power cov-increment',
        value: '0.5',
        result: 'accepted',
        frame: '0005010f0c0000006519163e443f0000003f',
      },
    ])
  })

  it('into or out of service, and the value shown meanwhile, is told', async () => {
    const { bacnet, writes } = await told()
    bacnet(routed(4001, '00 05 01 0f 0c 00000065 19 51 3e 11 3f'))
    bacnet(routed(4001, '00 05 02 0f 0c 00000065 19 55 3e 44 40a00000 3f'))
    bacnet(routed(4001, '00 05 03 0f 0c 00000065 19 51 3e 10 3f'))
    expect(writes().map(({ point, value, result }) => [point, value, result])).toEqual([
      ['power', 'out of service', 'accepted'],
      ['power', '5 while out of service', 'accepted'],
      ['power', 'in service', 'accepted'],
    ])
  })

  it('of an action is told when it runs, and not when it is passed over', async () => {
    const { bacnet, own, writes } = await withCharger()
    bacnet(routed(4001, '00 05 01 0f 0c 04c00001 19 55 3e 21 02 3f'))
    expect(own.answer('Reset')).toEqual([{ type: 'Soft' }])
    expect(writes()).toMatchObject([{ point: 'reset', value: 'Soft', result: 'accepted' }])
    bacnet(routed(4001, '00 05 02 0f 0c 04c00001 19 55 3e 21 02 3f'))
    expect(writes()).toEqual([])
  })

  it('as a restart of a device, or its silence, has no frame, which has the password in it', async () => {
    const config = CONFIG.replace('TOPOLOGY', 'TOPOLOGY, password: open')
    const history = new RecordingHistory()
    const { bacnet, charger } = await site({ history, config })
    charger('CP-1').boot()
    // ReinitializeDevice: warmstart (1), with a password.
    bacnet(routed(4001, '00 05 01 14 09 01 1d 05 00 6f70656e'))
    bacnet(routed(4002, '00 05 02 14 09 01 1d 05 00 77726f6e'))
    // DeviceCommunicationControl: no initiative (2), twice.
    bacnet(routed(4002, '00 05 03 11 19 02 2d 05 00 6f70656e'))
    bacnet(routed(4002, '00 05 04 11 19 02 2d 05 00 6f70656e'))
    const writes = history.writes()
    expect(writes).toMatchObject([
      { charger: 'CP-1', point: 'reset', value: 'soft', result: 'accepted', frame: undefined },
      { charger: 'CP-2', point: 'reinitialize-device', result: 'denied', frame: undefined },
      { charger: 'CP-2', point: 'device-communication-control', value: 'initiation disabled', frame: undefined },
    ])
    expect(JSON.stringify(writes)).not.toMatch(/6f70656e|77726f6e|open/)
  })

  it('of a tag that is not shared stays hidden, in the frames of the whole request as well', async () => {
    const config = CONFIG.replace('name: Bay 01,', 'name: Bay 01, mapping: full,')
    const hidden = await told({ config })
    // Present_Value of characterstring-value 101 (the tag for starts), and of the limit, in one request.
    const tag = '0c 0a000065 1e 09 55 2e 75 05 00 30344132 2f 1f'
    const both = `00 05 01 10 ${tag} 0c 00400065 1e 09 55 2e 44 41800000 2f 39 08 1f`
    hidden.bacnet(routed(4001, both))
    const writes = hidden.writes()
    expect(writes).toMatchObject([
      { point: 'start.idTag', value: 'another tag', result: 'accepted', frame: undefined },
      { point: 'limit', value: '16 A', result: 'accepted', frame: undefined },
    ])
    expect(JSON.stringify(writes)).not.toMatch(/04A2|30344132/)
    const shared = await told({ config: config.replace('127.0.0.1:0"', '127.0.0.1:0", shareIdTags: true') })
    shared.bacnet(routed(4001, both))
    expect(shared.writes()).toMatchObject([
      { point: 'start.idTag', value: '04A2', frame: both.replaceAll(' ', '') },
      { point: 'limit', value: '16 A' },
    ])
  })

  it('in segments has its parameters as they were put together for a frame', async () => {
    const { bacnet, writes } = await told()
    const value = '3e 44 41800000 3f 49 08'
    bacnet(routed(4001, `0c 05 01 00 01 0f 0c 00400065 19 55`))
    bacnet(routed(4001, `08 05 01 01 01 0f ${value}`))
    expect(writes()).toMatchObject([
      { point: 'limit', value: '16 A', frame: `0c004000651955${value}`.replaceAll(' ', '') },
    ])
  })

  it('is not there for what is only read', async () => {
    const { bacnet, writes } = await told()
    bacnet(routed(4001, '00 05 01 0c 0c 00400065 19 55'))
    bacnet(local('00 05 02 0c 0c 02000fa0 19 4d'))
    expect(writes()).toEqual([])
  })
})

describe('what two protocols write', () => {
  it('is told of both, as each holds a slot of its own', async () => {
    const { bacnet, modbus, writes } = await told()
    bacnet(routed(4001, limitApdu(16, '01')))
    modbus(1, '06 0064 00a0')
    expect(writes()).toMatchObject([
      { source: 'BACnet', client: 'bacnet:127.0.0.9', priority: 8, value: '16 A' },
      { source: 'Modbus', client: 'modbus:127.0.0.1', priority: 10, value: '16 A' },
    ])
  })
})
