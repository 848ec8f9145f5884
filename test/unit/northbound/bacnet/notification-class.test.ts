import { describe, expect, it } from 'vitest'
import type { Log } from '../../../../src/lib/log.ts'
import { type Destination, writeDestination } from '../../../../src/northbound/bacnet/wire/type/destination.ts'
import { Writer } from '../../../../src/northbound/bacnet/wire/writer.ts'
import { told } from './events-told.ts'
import { ask, context, type Earlier, oid, read, type Stack, stack, write } from './support.ts'
import { ACK, power, recipients, watching } from './watched.ts'

const CLASS = [15, 1] as const
const RECIPIENT_LIST = 102
const ADDED = '200108'
const REMOVED = '200109'

const everyDay = [true, true, true, true, true, true, true]

function destination(changed: Partial<Destination> = {}): string {
  const writer = new Writer(64)
  writeDestination(writer, {
    validDays: everyDay,
    fromTime: [0, 0, 0, 0],
    toTime: [23, 59, 59, 99],
    recipient: { kind: 'device', instance: 77 },
    process: 1,
    confirmed: true,
    transitions: [true, true, true],
    ...changed,
  })
  return Buffer.from(writer.view).toString('hex')
}

const device = (instance: number) => destination({ recipient: { kind: 'device', instance } })

/** AddListElement (8) or RemoveListElement (9) of Recipient_List of class 1. */
function change(own: Stack, service: 8 | 9, elements: readonly string[], index = ''): string {
  return ask(own, service, `0c${oid(...CLASS)}${context(1, RECIPIENT_LIST)}${index}3e${elements.join('')}3f`)
}

const list = (own: Stack) => read(own, ...CLASS, RECIPIENT_LIST)

/** ChangeList-Error with the number of the first element that failed. */
const failed = (service: 8 | 9, errorClass: string, code: string, element: string) =>
  `50010${service}0e91${errorClass}91${code}0f19${element}`

/** The bridge's own device, with nothing but what every device has. */
async function bridge(settings: object = {}, log?: Log, earlier?: Earlier) {
  const own = await stack(settings, log, earlier)
  own.attach([])
  return own
}

describe('a notification class', () => {
  it('stands in every device, one for each kind of alarm', async () => {
    const own = await bridge()
    for (const instance of [1, 2, 3]) {
      expect(read(own, 15, instance, 17)).toBe(`210${instance}`)
      expect(read(own, 15, instance, 1)).toBe('820500')
      expect(list(own)).toBe('')
    }
    expect(read(own, 15, 1, 86)).toBe('2140216021a0')
    expect(read(own, 15, 4, 17)).toBe('50010c9101911f')
  })

  it('takes priorities one by one or all three, and nothing else', async () => {
    const own = await bridge()
    const element = (index: string, value: string) => ask(own, 15, `0c${oid(...CLASS)}1956${index}3e${value}3f`)
    expect(write(own, CLASS, 86, '2101 2102 2103')).toBe(ACK)
    expect(element('2902', '21ff')).toBe(ACK)
    expect(read(own, ...CLASS, 86)).toBe('210121ff2103')
    expect(read(own, ...CLASS, 86, 2)).toBe('21ff')
    expect(element('2900', '2103')).toBe('50010f91029128')
    expect(element('2904', '2103')).toBe('50010f9102912a')
    expect(element('2901', '220100')).toBe('50010f91029125')
    expect(element('2901', '4441200000')).toBe('50010f91029109')
    expect(element('2901', '21012102')).toBe('50010f91029109')
    expect(write(own, CLASS, 86, '21012102')).toBe('50010f91029109')
    expect(write(own, CLASS, 86, '2101210221032104')).toBe('50010f91029109')
    // NULL is taken, and changes nothing (15.9.2).
    expect(write(own, CLASS, 86, '00')).toBe(ACK)
    expect(read(own, ...CLASS, 86)).toBe('210121ff2103')
  })

  it('has three bits of what has to be acknowledged', async () => {
    const own = await bridge()
    expect(write(own, CLASS, 1, '8205a0')).toBe(ACK)
    expect(read(own, ...CLASS, 1)).toBe('8205a0')
    expect(write(own, CLASS, 1, '8206c0')).toBe('50010f91029125')
    expect(write(own, CLASS, 1, '2105')).toBe('50010f91029109')
    expect(read(own, ...CLASS, 1)).toBe('8205a0')
  })

  it('keeps what was written over a restart, each device for itself', async () => {
    const pages = new Map<string, string>()
    const own = await bridge({ recipients }, undefined, { pages })
    write(own, CLASS, 86, '2101 2102 2103')
    write(own, CLASS, 1, '8205e0')
    expect(write(own, CLASS, RECIPIENT_LIST, device(5) + device(6))).toBe(ACK)
    const next = await bridge({ recipients: [] }, undefined, { pages })
    expect([86, 1, RECIPIENT_LIST].map((property) => read(next, ...CLASS, property))).toEqual([
      '210121022103',
      '8205e0',
      device(5) + device(6),
    ])
    expect(read(next, 15, 2, 1)).toBe('820500')
  })

  it('lists the config’s recipients until a list is written, and those of a config that changed', async () => {
    const own = await bridge({ recipients: [{ device: 5, classes: ['limits'], transitions: ['to-fault'] }] })
    const configured = (instance: number) =>
      destination({
        recipient: { kind: 'device', instance },
        process: 0,
        transitions: [false, true, false],
      })
    expect(list(own)).toBe(configured(5))
    expect(read(own, 15, 2, RECIPIENT_LIST)).toBe('')
    own.configure({ recipients: [{ device: 6, classes: ['limits'], transitions: ['to-fault'] }] })
    expect(list(own)).toBe(configured(6))
    expect(write(own, CLASS, RECIPIENT_LIST, '')).toBe(ACK)
    own.configure({ recipients: [{ device: 7 }] })
    expect(list(own)).toBe('')
  })
})

describe('Recipient_List', () => {
  it('takes elements that are new, and leaves those that are there', async () => {
    const own = await bridge()
    expect(change(own, 8, [device(1), device(2)])).toBe(ADDED)
    expect(change(own, 8, [device(2), device(3), device(3)])).toBe(ADDED)
    expect(list(own)).toBe(device(1) + device(2) + device(3))
    // The same recipient at other times is another element.
    expect(change(own, 8, [destination({ recipient: { kind: 'device', instance: 1 }, process: 9 })])).toBe(ADDED)
    expect(read(own, ...CLASS, RECIPIENT_LIST, 1)).toBe('50010c91029132')
  })

  it('has room for 32: more are refused by the number of the first that has none, and none is added', async () => {
    const own = await bridge()
    const many = (first: number, count: number) => Array.from({ length: count }, (_, n) => device(first + n))
    expect(change(own, 8, many(1, 31))).toBe(ADDED)
    const before = list(own)
    expect(change(own, 8, [device(1), device(50), device(51), device(52)])).toBe(failed(8, '03', '13', '03'))
    expect(change(own, 8, [device(50), device(51), device(1)])).toBe(failed(8, '03', '13', '02'))
    expect(list(own)).toBe(before)
    expect(change(own, 8, [device(50), device(50), device(31)])).toBe(ADDED)
    expect(change(own, 8, [device(51)])).toBe(failed(8, '03', '13', '01'))
    // resources / no-space-to-write-property; twice the same is one.
    expect(write(own, CLASS, RECIPIENT_LIST, many(1, 33).join(''))).toBe('50010f91039114')
    expect(write(own, CLASS, RECIPIENT_LIST, [...many(1, 32), device(1)].join(''))).toBe(ACK)
    expect(list(own)).toBe(many(1, 32).join(''))
  })

  it('loses elements that are there, and none where one is missing', async () => {
    const own = await bridge()
    change(own, 8, [device(1), device(2), device(3)])
    // services / list-element-not-found.
    expect(change(own, 9, [device(1), device(4)])).toBe(failed(9, '05', '51', '02'))
    expect(list(own)).toBe(device(1) + device(2) + device(3))
    expect(change(own, 9, [device(3), device(1)])).toBe(REMOVED)
    expect(list(own)).toBe(device(2))
    expect(change(own, 9, [])).toBe(REMOVED)
    expect(list(own)).toBe(device(2))
  })

  it.each([
    ['cut short', device(1).slice(0, -6)],
    ['not a destination', '2105'],
    ['eight days', device(1).replace('8201fe', '8200ff')],
    ['a device that is an analog-input', destination().replace('0c0200004d', '0c0000004d')],
  ])('is not changed by an element that is %s', async (_name, broken) => {
    const own = await bridge()
    change(own, 8, [device(1)])
    expect(change(own, 8, [device(1), device(2), broken])).toBe(failed(8, '02', '09', '03'))
    expect(change(own, 9, [device(1), broken])).toBe(failed(9, '02', '09', '02'))
    expect(write(own, CLASS, RECIPIENT_LIST, device(2) + broken)).toBe('50010f91029109')
    expect(list(own)).toBe(device(1))
  })

  it.each<[string, Partial<Destination>]>([
    ['an hour 24', { toTime: [24, 0, 0, 0] }],
    ['a minute 60', { fromTime: [0, 60, 0, 0] }],
    ['a process of more than 32 bits', { process: 0x1_0000_0000 }],
    ['the device of no number', { recipient: { kind: 'device', instance: 4_194_303 } }],
    ['a station of all networks', { recipient: { kind: 'address', network: 65_535, mac: Uint8Array.of(1) } }],
    ['an address of three octets here', { recipient: { kind: 'address', network: 0, mac: Uint8Array.of(1, 2, 3) } }],
  ])('refuses %s as out of range', async (_name, changed) => {
    const own = await bridge()
    expect(change(own, 8, [device(2), destination(changed)])).toBe(failed(8, '02', '25', '02'))
    expect(write(own, CLASS, RECIPIENT_LIST, destination(changed))).toBe('50010f91029125')
    expect(list(own)).toBe('')
  })

  it('takes wildcards in its times', async () => {
    const own = await bridge()
    const any = destination({ fromTime: [255, 255, 255, 255], toTime: [23, 255, 255, 255] })
    expect(change(own, 8, [any])).toBe(ADDED)
    expect(list(own)).toBe(any)
  })

  it('is changed by nobody outside of allowWrites', async () => {
    const own = await bridge()
    const stranger = { address: '192.0.2.1', port: 47808 }
    for (const service of [8, 9])
      expect(ask(own, service, `0c${oid(...CLASS)}19663e${device(1)}3f`, stranger)).toBe(
        `50010${service}0e910291280f1900`,
      )
    expect(ask(own, 15, `0c${oid(...CLASS)}19663e${device(1)}3f`, stranger)).toBe('50010f91029128')
    expect(list(own)).toBe('')
  })
})

describe('list elements', () => {
  it('are of lists only, of objects and properties that are there', async () => {
    const own = await bridge()
    const add = (object: string, property: number, rest = `3e${device(1)}3f`) =>
      ask(own, 8, `0c${object}${context(1, property)}${rest}`)
    const error = (errorClass: string, code: string) => `5001080e91${errorClass}91${code}0f1900`
    expect(add(oid(15, 9), RECIPIENT_LIST)).toBe(error('01', '1f'))
    expect(add(oid(...CLASS), 85)).toBe(error('02', '20'))
    // services / property-is-not-a-list.
    expect(add(oid(...CLASS), 1)).toBe(error('05', '16'))
    expect(add(oid(...CLASS), 86)).toBe(error('05', '16'))
    expect(add(oid(...CLASS), RECIPIENT_LIST, `29013e${device(1)}3f`)).toBe(error('02', '32'))
    own.attach([
      {
        object: 'multi-state-input',
        instance: 1,
        type: 'state',
        states: ['A', 'B'],
        alarm: { class: 'charger', values: ['B'] },
      },
    ])
    expect(add(oid(13, 1), 7, '3e21013f')).toBe(error('02', '28'))
    // What breaks the encoding of the request itself is rejected.
    expect(add(oid(...CLASS), RECIPIENT_LIST, `3e${device(1)}`)).toBe('600105')
    expect(add(oid(...CLASS), RECIPIENT_LIST, `3e${device(1)}3f00`)).toBe('600107')
  })
})

describe('a recipient', () => {
  const base = { address: '127.0.0.20', confirmed: false }
  /** How many of an alarm and its end are told at that moment of 2026. */
  async function toldAt(settings: object, day: number, hour: number, minute: number, second = 0): Promise<number> {
    const { own, set } = await watching(power(), 10, { recipients: [{ ...base, ...settings }] })
    const at = new Date(2026, 0, day, hour, minute, second).getTime()
    own.clock.advance(at - own.clock.now())
    set(30)
    set(10)
    return told(own).length
  }

  it.each([
    // The 5th of January 2026 is a Monday.
    [{}, 5, 12, 0, 2],
    [{ days: ['mon'] }, 5, 12, 0, 2],
    [{ days: ['tue', 'wed', 'thu', 'fri', 'sat', 'sun'] }, 5, 12, 0, 0],
    [{ days: ['sun'] }, 11, 12, 0, 2],
    [{ from: '08:00', to: '17:00' }, 5, 7, 59, 0],
    [{ from: '08:00', to: '17:00' }, 5, 8, 0, 2],
    [{ from: '08:00', to: '17:00' }, 5, 17, 0, 2],
    [{ from: '08:00', to: '17:00' }, 5, 17, 1, 0],
    [{ from: '00:00', to: '24:00' }, 5, 23, 59, 2],
    [{ transitions: ['to-offnormal'] }, 5, 12, 0, 1],
    [{ transitions: ['to-fault'] }, 5, 12, 0, 0],
    [{ classes: ['charger'] }, 5, 12, 0, 0],
  ])('%j is told on January %i at %i:%i of %i', async (settings, day, hour, minute, count) => {
    expect(await toldAt(settings, day, hour, minute)).toBe(count)
  })

  it('has its own process', async () => {
    const { own, set } = await watching(power(), 10, {
      recipients: [
        { ...base, process: 0xffff_ffff },
        { ...base, process: 3 },
      ],
    })
    set(30)
    expect(told(own).map(({ event }) => event.process)).toEqual([0xffff_ffff, 3])
  })

  it('of a night is refused in the config: its times are of one day', async () => {
    await expect(stack({ recipients: [{ ...base, from: '22:00', to: '06:00' }] })).rejects.toThrow('two recipients')
  })
})
