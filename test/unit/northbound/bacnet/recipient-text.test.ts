import { describe, expect, it } from 'vitest'
import { recipientsText, recipientText } from '../../../../src/northbound/bacnet/recipient-text.ts'
import { destinationsOf, recipients } from '../../../../src/northbound/bacnet/recipients.ts'

const list = (...settings: object[]) => destinationsOf(recipients.parse(settings), 'limits')

describe('a recipient in the log', () => {
  it.each([
    [{ device: 1000 }, 'device 1000'],
    [{ address: '10.1.0.9' }, '10.1.0.9:47808'],
    [{ address: '10.1.0.9:1' }, '10.1.0.9:1'],
    [{ network: 5, mac: '0A' }, 'network 5 mac 0a'],
    [{ network: 65_535 }, 'everybody'],
  ])('%j is called %s', (settings, text) => {
    expect(recipientsText(list(settings))).toBe(text)
  })

  it('that only a client can write is called what it is', () => {
    const text = (network: number, ...mac: number[]) =>
      recipientText({ kind: 'address', network, mac: Uint8Array.from(mac) })
    expect(text(0)).toBe('everybody on this network')
    expect(text(7)).toBe('everybody on network 7')
    expect(text(0, 12)).toBe('network 0 mac 0c')
  })

  it('of many is one of the first three', () => {
    expect(recipientsText([])).toBe('nobody')
    const five = Array.from({ length: 5 }, (_, n) => ({ device: n }))
    expect(recipientsText(list(...five))).toBe('device 0, device 1, device 2 and 2 more')
  })
})
