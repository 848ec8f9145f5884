import { describe, expect, it } from 'vitest'
import { CONFIG, local, routed, site } from '../../../support/site.ts'
import { context, oid } from './support.ts'

type Site = Awaited<ReturnType<typeof site>>

const VIEW = 29
const NAME = 77
const LIST = 211
const ANNOTATIONS = 210
const ROOTS = 209
const REVISION = 155

/** The octets of a property of the bridge's device (4000) or of a charger's. */
function read(own: Site, device: number, type: number, instance: number, property: number, index?: number): string {
  const rest = `${oid(type, instance)}${context(1, property)}${index === undefined ? '' : context(2, index)}`
  const apdu = `0275010c0c${rest}`
  const answers = own.bacnet(device === 4000 ? local(apdu) : routed(device, apdu)).join('')
  const value = answers.split(`${rest}3e`)[1]
  return value === undefined ? answers.slice(-10) : value.slice(0, -2)
}

function text(value: string): string {
  const hex = Buffer.from(value).toString('hex')
  const length = value.length + 1
  return `${length < 5 ? `7${length}` : `75${length.toString(16).padStart(2, '0')}`}00${hex}`
}

/** Texts of an array, one after the other. */
function texts(octets: string): readonly string[] {
  const found: string[] = []
  for (let rest = octets; rest !== ''; ) {
    const short = Number.parseInt(rest[1] ?? '', 16)
    const long = short === 5
    const length = long ? Number.parseInt(rest.slice(2, 4), 16) : short
    const start = long ? 6 : 4
    found.push(Buffer.from(rest.slice(start, start + (length - 1) * 2), 'hex').toString())
    rest = rest.slice(start + (length - 1) * 2)
  }
  return found
}

describe('structured views of virtual devices', () => {
  it('lead from the site to each charger, and from there to its connectors', async () => {
    const own = await site()
    const list = read(own, 4000, VIEW, 1, LIST)
    // The bridge's own points, here; then each charger's view, in its own device.
    expect(list.startsWith(`1c${oid(0, 1)}1c${oid(0, 2)}`)).toBe(true)
    expect(list.endsWith(`0c${oid(8, 4001)}1c${oid(VIEW, 1)}0c${oid(8, 4002)}1c${oid(VIEW, 1)}`)).toBe(true)
    expect(texts(read(own, 4000, VIEW, 1, ANNOTATIONS)).slice(-3)).toEqual(['Software Version', 'Bay 01', 'Bay 02'])

    const charger = read(own, 4001, VIEW, 1, LIST)
    expect(charger.startsWith(`1c${oid(3, 1)}`)).toBe(true)
    expect(charger.endsWith(`1c${oid(VIEW, 101)}1c${oid(VIEW, 201)}`)).toBe(true)
    expect(texts(read(own, 4001, VIEW, 1, ANNOTATIONS)).slice(-2)).toEqual(['Connector 1', 'Connector 2'])

    const connector = read(own, 4001, VIEW, 201, LIST)
    expect(connector).toContain(`1c${oid(0, 201)}`)
    expect(connector).not.toContain(`1c${oid(0, 101)}`)
    expect(connector).not.toContain(`1c${oid(0, 1)}`)
    expect(texts(read(own, 4001, VIEW, 201, ANNOTATIONS))).toContain('Power')
  })

  it('have names, a node type and a subtype', async () => {
    const own = await site()
    const seen = [
      [4000, 1],
      [4001, 1],
      [4001, 201],
    ].map(([device = 0, instance = 0]) => [NAME, 208, 207].map((id) => read(own, device, VIEW, instance, id)))
    expect(seen).toEqual([
      [text('Site.View'), '9105', text('site')],
      [text('Site.Bay 01.View'), '9106', text('charger')],
      [text('Site.Bay 01.2.View'), '9106', text('connector')],
    ])
  })

  it('are read by element and by length, as long as their annotations', async () => {
    const own = await site()
    const length = read(own, 4001, VIEW, 101, LIST, 0)
    expect(read(own, 4001, VIEW, 101, ANNOTATIONS, 0)).toBe(length)
    const count = Number.parseInt(length.slice(2), 16)
    const elements = Array.from({ length: count }, (_, index) => read(own, 4001, VIEW, 101, LIST, index + 1))
    expect(elements.join('')).toBe(read(own, 4001, VIEW, 101, LIST))
    // property, invalid-array-index
    expect(read(own, 4001, VIEW, 101, LIST, count + 1)).toBe('0c9102912a')
  })

  it('begin where the device object says', async () => {
    const own = await site()
    expect(read(own, 4000, 8, 4000, ROOTS)).toBe(`c4${oid(VIEW, 1)}`)
    expect(read(own, 4001, 8, 4001, ROOTS)).toBe(`c4${oid(VIEW, 1)}`)
    expect(read(own, 4001, 8, 4001, ROOTS, 0)).toBe('2101')
  })

  it('follow chargers and connectors that come and go, and with them Database_Revision', async () => {
    const own = await site()
    const before = read(own, 4001, 8, 4001, REVISION)
    own.edit(CONFIG.replace('Bay 01, connectors: 2', 'Bay 01, connectors: 3').replace(/ {2}- \{ id: CP-2.*\n/, ''))
    expect(read(own, 4001, VIEW, 1, LIST).endsWith(`1c${oid(VIEW, 201)}1c${oid(VIEW, 301)}`)).toBe(true)
    expect(read(own, 4000, VIEW, 1, LIST)).not.toContain(oid(8, 4002))
    expect(Number.parseInt(read(own, 4001, 8, 4001, REVISION).slice(2), 16)).toBe(
      Number.parseInt(before.slice(2), 16) + 1,
    )
    own.edit(CONFIG.replace('Bay 01, connectors: 2', 'Bay 09, connectors: 1'))
    expect(read(own, 4001, VIEW, 1, NAME)).toBe(text('Site.Bay 09.View'))
    // object, unknown-object
    expect(read(own, 4001, VIEW, 201, LIST)).toBe('0c9101911f')
    expect(texts(read(own, 4000, VIEW, 1, ANNOTATIONS)).slice(-2)).toEqual(['Bay 09', 'Bay 02'])
  })
})

describe('structured views of the flat topology', () => {
  it('are all in the device of the bridge, and name no other', async () => {
    const own = await site({ flat: true })
    expect(read(own, 4000, VIEW, 1, LIST).endsWith(`1c${oid(VIEW, 1001)}1c${oid(VIEW, 2001)}`)).toBe(true)
    expect(read(own, 4000, VIEW, 1001, LIST).endsWith(`1c${oid(VIEW, 1101)}1c${oid(VIEW, 1201)}`)).toBe(true)
    expect(read(own, 4000, VIEW, 1201, LIST)).toContain(`1c${oid(0, 1201)}`)
    expect(read(own, 4000, VIEW, 1201, NAME)).toBe(text('Site.Bay 01.2.View'))
    expect(read(own, 4000, 8, 4000, ROOTS)).toBe(`c4${oid(VIEW, 1)}`)
    own.edit(CONFIG.replace(/ {2}- \{ id: CP-2.*\n/, ''))
    expect(read(own, 4000, VIEW, 1, LIST).endsWith(`1c${oid(VIEW, 1001)}`)).toBe(true)
    expect(read(own, 4000, VIEW, 2101, LIST)).toBe('0c9101911f')
  })
})
