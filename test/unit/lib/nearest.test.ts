import { describe, expect, it } from 'vitest'
import { nearest } from '../../../src/lib/nearest.ts'

describe('the nearest word', () => {
  it.each([
    ['listne', 'listen'],
    ['LISTEN', 'listen'],
    ['heartbeatIntervall', 'heartbeatInterval'],
    ['registraton', 'registration'],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, ['listen', 'heartbeatInterval', 'registration', 'mode'])).toBe(expected)
  })

  it('is none when nothing is close', () => {
    expect(nearest('colour', ['listen', 'mode'])).toBeUndefined()
    expect(nearest('x', ['id', 'name'])).toBeUndefined()
    expect(nearest('anything', [])).toBeUndefined()
  })

  it('is the closest of several', () => {
    expect(nearest('current.L2', ['current.L1', 'current.L2', 'currentOffered'])).toBe('current.L2')
  })
})
