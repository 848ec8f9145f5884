import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { units } from '../../src/core/points/unit.ts'
import { header, site } from '../unit/mapping/site.ts'

const text = readFileSync(join(import.meta.dirname, '../../mappings/README.md'), 'utf8')

describe('mappings/README.md', () => {
  it('has an example that works as it stands', () => {
    const garage = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
    const config = `${header}chargers: [{ id: A, mapping: garage, electrical: { maxCurrent: 32 } }]`
    const { problems, loaded } = site(config, { garage })
    expect(problems).toEqual([])
    const rows = loaded.byName.get('garage')?.connector.map(({ definition, unit }) => `${definition.name} ${unit}`)
    expect(rows).toContain('voltage.L1 V')
    expect(rows).toContain('power W')
    expect(rows).not.toContain('power kW')
    expect(rows).not.toContain('soc %')
  })

  it('names every unit', () => {
    const listed = /shown in this unit: `([^`]*)`/.exec(text)?.[1]?.split(' ')
    expect(listed).toEqual(Object.keys(units))
  })
})
