import { describe, expect, it } from 'vitest'
import type { Point } from '../../../../src/core/points/point.ts'
import { type Log, silentLog } from '../../../../src/lib/log.ts'
import { writeDeviceCommunicationControl } from '../../../../src/northbound/bacnet/wire/service/device-communication-control.ts'
import { writeReinitializeDevice } from '../../../../src/northbound/bacnet/wire/service/reinitialize-device.ts'
import { Writer } from '../../../../src/northbound/bacnet/wire/writer.ts'
import { told } from './events-told.ts'
import { ask, local, type Stack, stack } from './support.ts'
import { power, status } from './watched.ts'

const DEVICE_COMMUNICATION_CONTROL = 17
const REINITIALIZE_DEVICE = 20

function silence(password: string): string {
  const writer = new Writer()
  writeDeviceCommunicationControl(writer, { minutes: undefined, state: 'disable-initiation', password })
  return Buffer.from(writer.finish()).toString('hex')
}

function restart(password: string | undefined): string {
  const writer = new Writer()
  writeReinitializeDevice(writer, { state: 'warmstart', password })
  return Buffer.from(writer.finish()).toString('hex')
}

interface Line {
  readonly level: 'info' | 'warn'
  readonly message: string
}

async function logged(settings: object) {
  const lines: Line[] = []
  const log: Log = {
    ...silentLog,
    info: (_fields, message) => void lines.push({ level: 'info', message }),
    warn: (_fields, message) => void lines.push({ level: 'warn', message }),
  }
  const own = await stack({ password: 'right', ...settings }, log)
  own.attach([])
  // What it says at its start.
  own.clock.advance(600_000)
  own.take()
  return { own, of: (level: Line['level']) => lines.filter((line) => line.level === level).map(textOf) }
}

const textOf = ({ message }: Line) => message

function answerAll(own: Stack, pdu: (invokeId: string) => string): void {
  for (const { invokeId } of told(own))
    if (invokeId !== undefined)
      own.receive(local(pdu(invokeId.toString(16).padStart(2, '0'))), { address: '127.0.0.20', port: 47808 })
}

describe('what the log tells the operator of alarms', () => {
  it('is each that begins and each that ends, also where nobody is told', async () => {
    const { own, of } = await logged({})
    const [above, state] = own.attach([power(), status()]) as [Point, Point]
    own.set(above, 10)
    own.set(state, 0)
    own.clock.advance(600_000)
    own.set(above, 30)
    own.set(state, 2)
    own.set(above, 12)
    expect(of('info')).toEqual([
      'alarm: Site.analog-input 1: 30 kW, above its limit',
      'alarm: Site.multi-state-input 1: Faulted',
      'the alarm is over: Site.analog-input 1: 12 kW',
    ])
  })

  it.each([
    ['a Reject', (id: string) => `60${id}09`],
    ['an Error', (id: string) => `50${id}029105911d`],
    ['an Abort', (id: string) => `70${id}04`],
  ])('is once that a recipient answers them by %s', async (_name, pdu) => {
    const { own, of } = await logged({ recipients: [{ address: '127.0.0.20' }] })
    const [above] = own.attach([power()]) as [Point]
    for (const value of [10, 30, 10]) {
      own.set(above, value)
      answerAll(own, pdu)
    }
    expect(of('warn')).toEqual(['bacnet: 127.0.0.20:47808 refuses alarms: it finds them by GetEventInformation alone'])
  })

  it('is that a recipient does not answer, and nothing of one that acknowledges', async () => {
    const { own, of } = await logged({ recipients: [{ address: '127.0.0.20' }] })
    const [above] = own.attach([power()]) as [Point]
    own.set(above, 30)
    answerAll(own, (id) => `20${id}02`)
    own.clock.advance(60_000)
    expect(of('warn')).toEqual([])
    own.set(above, 10)
    own.clock.advance(60_000)
    expect(of('warn')).toEqual([
      'bacnet: 127.0.0.20:47808 does not answer alarms: it finds them by GetEventInformation alone',
    ])
  })
})

describe('what the log tells the operator of management', () => {
  it('is which service was refused to whom, and why', async () => {
    const { own, of } = await logged({})
    expect(ask(own, DEVICE_COMMUNICATION_CONTROL, silence('wrong'))).toBe('5001119104911a')
    expect(of('warn')).toEqual([
      'DeviceCommunicationControl of Site refused: bacnet:127.0.0.9 sent another password than bacnet.password',
    ])
    const { own: other, of: otherOf } = await logged({})
    expect(ask(other, REINITIALIZE_DEVICE, restart(undefined))).toBe('5001149104911a')
    expect(otherOf('warn')).toEqual(['ReinitializeDevice of Site refused: bacnet:127.0.0.9 sent no password'])
  })

  it('is that the bridge may not be restarted', async () => {
    const { own, of } = await logged({ allowRestart: false })
    for (let n = 0; n < 3; n += 1) expect(ask(own, REINITIALIZE_DEVICE, restart('right'))).toBe('5001149105911d')
    expect(of('warn')).toEqual(['ReinitializeDevice of Site refused to bacnet:127.0.0.9: bacnet.allowRestart is false'])
  })
})
