import { createHash } from 'node:crypto'
import type { DeviceModel } from './device-model.ts'

interface Kept {
  readonly revision: number
  /** Of all objects and their names. */
  readonly digest: string
}

/**
 * A device's Database_Revision (12.11): clients keep what they know of its objects until it changes, so it is kept over
 * restarts and grows with every object that came, went, moved or was renamed.
 */
export function currentRevision(device: DeviceModel): number {
  const { notebook } = device.common
  const name = `database-revision ${device.instance}`
  const kept = readKept(notebook.get(name))
  const hash = createHash('sha256').update(device.name)
  for (const { type, instance, name: own } of device.order) hash.update(`\n${type}:${instance} ${own}`)
  const digest = hash.digest('base64')
  if (kept?.digest === digest) return kept.revision
  const revision = (kept?.revision ?? 0) + 1
  notebook.setLater(name, JSON.stringify({ revision, digest } satisfies Kept))
  return revision
}

function readKept(text: string | undefined): Kept | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Kept)
}
