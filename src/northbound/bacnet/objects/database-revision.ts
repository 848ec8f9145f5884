import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { DeviceModel } from './device-model.ts'

/** The digest is that of all objects and their names. */
const kept = z.object({ revision: z.number().int().min(0), digest: z.string() })

/**
 * A device's Database_Revision (12.11): clients keep what they know of its objects until it changes, so it is kept over
 * restarts and grows with every object that came, went, moved or was renamed.
 */
export function currentRevision(device: DeviceModel): number {
  const { pages } = device.common
  const name = `database-revision ${device.instance}`
  const before = pages.read(name, kept)
  const hash = createHash('sha256').update(device.name)
  for (const { type, instance, name: own } of device.order) hash.update(`\n${type}:${instance} ${own}`)
  const digest = hash.digest('base64')
  if (before?.digest === digest) return before.revision
  const revision = (before?.revision ?? 0) + 1
  pages.keepLater(name, { revision, digest } satisfies z.output<typeof kept>)
  return revision
}
