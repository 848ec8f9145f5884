import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mappingSchema } from '../../src/mapping/schema.ts'
import { bacnet } from '../../src/northbound/bacnet/index.ts'
import { modbus } from '../../src/northbound/modbus/index.ts'

const file = join(import.meta.dirname, '../../mappings/mapping.schema.json')

it('mapping.schema.json is what the schemas say (UPDATE=1 writes it again)', () => {
  const generated = `${JSON.stringify(mappingSchema([bacnet, modbus]), undefined, 2)}\n`
  if (process.env.UPDATE === '1') writeFileSync(file, generated)
  expect(readFileSync(file, 'utf8')).toBe(generated)
})
