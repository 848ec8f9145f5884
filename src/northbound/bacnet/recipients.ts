import { z } from 'zod'
import { type AlarmClass, alarmClassNames } from './alarm.ts'
import { stationAddress } from './station-address.ts'
import { MAX_INSTANCE } from './wire/object-type.ts'
import type { Destination } from './wire/type/destination.ts'
import type { Recipient } from './wire/type/recipient.ts'
import type { Four } from './wire/value.ts'

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const transitions = ['to-offnormal', 'to-fault', 'to-normal'] as const
const GLOBAL = 65_535

const timeOfDay = z.string().transform((text, context): Four => {
  const [hour = Number.NaN, minute = Number.NaN] = /^\d{2}:\d{2}$/.test(text) ? text.split(':').map(Number) : []
  if (!(hour <= 24 && minute <= 59) || (hour === 24 && minute > 0)) {
    context.addIssue({ code: 'custom', message: 'write a time of day such as 07:30' })
    return z.NEVER
  }
  return hour === 24 ? [23, 59, 59, 99] : [hour, minute, 0, 0]
})

/** Octets as a plain array: the config is frozen, which octets in a buffer can't be. */
const address = stationAddress().transform(({ address, port }): readonly number[] => [
  ...address.split('.').map(Number),
  port >> 8,
  port & 0xff,
])

const mac = z.string().transform((text, context): readonly number[] => {
  if (!/^([0-9a-f]{2}){1,7}$/i.test(text)) {
    context.addIssue({ code: 'custom', message: 'write the octets of the address in hexadecimal, such as 0a' })
    return z.NEVER
  }
  return [...Buffer.from(text, 'hex')]
})

/** One of config.yaml's `bacnet.recipients`: who is told of alarms. */
const recipient = z
  .strictObject({
    /** By its instance: found by Who-Is. */
    device: z.number().int().min(0).max(MAX_INSTANCE).optional(),
    /** By its IP address, or (with `network`) by its octets there. */
    address: address.optional(),
    mac: mac.optional(),
    /** Of the station; 65535 with nothing else: everybody on all networks. */
    network: z.number().int().min(1).max(GLOBAL).optional(),
    classes: z
      .array(z.enum(alarmClassNames))
      .min(1)
      .prefault([...alarmClassNames]),
    transitions: z
      .array(z.enum(transitions))
      .min(1)
      .prefault([...transitions]),
    confirmed: z.boolean().default(true),
    process: z.number().int().min(0).max(0xffff_ffff).default(0),
    days: z
      .array(z.enum(days))
      .min(1)
      .prefault([...days]),
    from: timeOfDay.prefault('00:00'),
    to: timeOfDay.prefault('24:00'),
  })
  .superRefine(({ address, device, from, mac, network, to }, context) => {
    if (from[0] * 60 + from[1] > to[0] * 60 + to[1])
      context.addIssue({ code: 'custom', path: ['to'], message: 'is before from: write a night as two recipients' })
    const ways = [device !== undefined, address !== undefined, network !== undefined].filter(Boolean).length
    const isPlace = network !== undefined && network !== GLOBAL
    const complete = isPlace === (mac !== undefined)
    if (ways === 1 && complete) return
    context.addIssue({
      code: 'custom',
      message: 'name a device, or an address, or a network with the mac of a station there (65535 alone: everybody)',
    })
  })
  .meta({ form: 'write { device: 1000 } or { address: 10.1.0.9 }' })

export const recipients = z.array(recipient).max(32)
export type RecipientSettings = z.output<typeof recipient>

/** Those who are told of a class of alarms, as its notification-class lists them. */
export function destinationsOf(settings: readonly RecipientSettings[], own: AlarmClass): readonly Destination[] {
  return settings
    .filter(({ classes }) => classes.includes(own))
    .map((each) => ({
      validDays: days.map((day) => each.days.includes(day)),
      fromTime: each.from,
      toTime: each.to,
      recipient: recipientOf(each),
      process: each.process,
      confirmed: each.confirmed,
      transitions: transitions.map((transition) => each.transitions.includes(transition)),
    }))
}

function recipientOf({ address, device, mac, network }: RecipientSettings): Recipient {
  if (device !== undefined) return { kind: 'device', instance: device }
  if (address !== undefined) return { kind: 'address', network: 0, mac: Uint8Array.from(address) }
  return { kind: 'address', network: network ?? 0, mac: Uint8Array.from(mac ?? []) }
}
