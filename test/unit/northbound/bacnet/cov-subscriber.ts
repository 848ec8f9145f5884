import { expect } from 'vitest'
import { ask, context, oid, type PointInit, type Stack, stack } from './support.ts'

export const SUBSCRIBE_PROPERTY = 28
export const ACCEPTED = '20011c'
export const PRESENT_VALUE = 85
export const STATUS_FLAGS = 111
export const EVENT_STATE = 36
export const RELIABILITY = 103
export const OUT_OF_SERVICE = 81
export const ACTIVE_COV_SUBSCRIPTIONS = 152
export const COV_INCREMENT = 22

export const power: PointInit = { object: 'analog-input', instance: 1, type: 'number', unit: 'kW', covIncrement: 1 }

interface Asked {
  readonly process?: number
  readonly object?: string
  readonly confirmed?: boolean
  readonly lifetime?: number
  readonly index?: number
  readonly increment?: number
}

export function real(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return bytes.toString('hex')
}

/** The parameters of SubscribeCOVProperty (13.15), without `confirmed` and `lifetime` a cancellation. */
export function asked(property: number, how: Asked): string {
  const { confirmed, increment, index, lifetime, object = oid(0, 1), process = 7 } = how
  return [
    `${context(0, process)}1c${object}`,
    confirmed === undefined ? '' : `29${confirmed ? '01' : '00'}`,
    lifetime === undefined ? '' : context(3, lifetime),
    `4e${context(0, property)}${index === undefined ? '' : context(1, index)}4f`,
    increment === undefined ? '' : `5c${real(increment)}`,
  ].join('')
}

export function subscribe(own: Stack, property: number, how: Asked = {}): string {
  return ask(own, SUBSCRIBE_PROPERTY, asked(property, { confirmed: false, lifetime: 0, ...how }))
}

/** What was told since, as property and value; the head has to be that of process 7 and analog-input 1. */
export function told(own: Stack, waitMs = 4): readonly string[] {
  own.clock.advance(waitMs)
  return own.take().map(({ hex }) => {
    const head = `10020907 1c02000fa0 2c${oid(0, 1)} 3900 4e`.replaceAll(' ', '')
    expect(hex.slice(12, 12 + head.length)).toBe(head)
    expect(hex.endsWith('4f')).toBe(true)
    return hex.slice(12 + head.length, -2)
  })
}

export const NORMAL = '096f2e8204002f'
export const FAULT = '096f2e8204402f'
export const value = (kilowatts: number, flags = NORMAL) => `09552e44${real(kilowatts)}2f${flags}`

/** A bridge with one power, which reads 10 kW. */
export async function withPower(init: Partial<PointInit> = {}) {
  const own = await stack()
  const [point] = own.attach([{ ...power, ...init }])
  if (point === undefined) throw new Error('no point')
  own.set(point, 10)
  return { own, point }
}
