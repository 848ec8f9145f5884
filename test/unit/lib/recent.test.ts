import { describe, expect, it } from 'vitest'
import { Recent } from '../../../src/lib/recent.ts'

describe('a bounded map', () => {
  it('forgets what was neither used nor set for longest; a look keeps nothing', () => {
    const map = new Recent<number, string>(3)
    for (const key of [1, 2, 3]) map.set(key, `${key}`)
    expect([map.use(1), map.peek(2), map.use(9)]).toEqual(['1', '2', undefined])
    map.set(4, '4')
    expect(map.entries().map(([key]) => key)).toEqual([3, 1, 4])
    map.set(3, 'three')
    map.delete(1)
    expect(map.entries()).toEqual([
      [4, '4'],
      [3, 'three'],
    ])
  })
})
