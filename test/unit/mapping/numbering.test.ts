import { describe, expect, it } from 'vitest'
import { numbering } from '../../../src/mapping/numbering.ts'

describe('the numbers of chargers', () => {
  it('are the next that nobody ever had, passing over those that are not free', () => {
    const numbers = numbering(new Map([['gone', 2]]))
    expect(numbers.number('A', () => true)).toBe(1)
    expect(numbers.number('B', (n) => n !== 3)).toBe(4)
    expect(numbers.number('C', () => true)).toBe(3)
  })

  it('stay, in any letter case', () => {
    const numbers = numbering(new Map([['a', 7]]))
    expect(numbers.number('A', () => false)).toBe(7)
    expect(numbers.number('B', () => true)).toBe(1)
    expect(numbers.number('b', () => true)).toBe(1)
  })
})
