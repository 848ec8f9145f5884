import { type PointInit, stack } from './support.ts'

/** Who is told, without an acknowledgement. */
export const recipients = [{ address: '127.0.0.20', confirmed: false }]
export const ACK = '20010f'
export const AI = [0, 1] as const
export const MSI = [13, 1] as const

export const ids = {
  acked: 0,
  alarmValue: 6,
  alarmValues: 7,
  notificationClass: 17,
  deadband: 25,
  enable: 35,
  state: 36,
} as const
export const more = {
  high: 45,
  limitEnable: 52,
  low: 59,
  notifyType: 72,
  flags: 111,
  delay: 113,
  stamps: 130,
  texts: 351,
} as const

export const real = (value: number) => {
  const bytes = Buffer.alloc(5)
  bytes[0] = 0x44
  bytes.writeFloatBE(value, 1)
  return bytes.toString('hex')
}

export const status = (alarm: object = {}): PointInit => ({
  object: 'multi-state-input',
  instance: 1,
  type: 'state',
  states: ['Available', 'Charging', 'Faulted', 'Unavailable'],
  alarm: { class: 'charger', values: ['Faulted', 'Unavailable'], ...alarm },
})

export const power = (alarm: object = {}): PointInit => ({
  object: 'analog-input',
  instance: 1,
  type: 'number',
  unit: 'kW',
  alarm: { class: 'limits', high: 20, low: 5, deadband: 2, ...alarm },
})

/** A bridge with one point, past what it says at its start. */
export async function watching(init: PointInit, first: number | boolean, settings: object = {}) {
  const own = await stack({ recipients, ...settings })
  const [point] = own.attach([init])
  if (point === undefined) throw new Error('no point')
  own.set(point, first)
  own.clock.advance(600_000)
  own.take()
  return { own, point, set: (value: number | boolean) => own.set(point, value) }
}
