import type { Journal } from '../../../core/keep.ts'
import { keptAtOnce } from '../../../core/keep.ts'
import type { Downlink, ExportContext, Listing } from '../../../core/ports.ts'
import type { Clock } from '../../../lib/clock.ts'
import { silentLog } from '../../../lib/log.ts'
import type { BacnetConfig } from '../config.ts'
import type { DeviceModel } from '../objects/device-model.ts'
import { createStack } from '../stack.ts'

/** Nothing is written where nothing runs, and no slot holds anything. */
export const stillDownlink: Downlink = {
  write: () => 'offline',
  check: () => 'offline',
  slots: () => undefined,
  relinquishDefault: () => undefined,
  setOutOfService: () => {},
  override: () => 'offline',
  reset: () => 'offline',
  noted: () => {},
  hides: () => false,
}

const stillJournal: Journal = {
  last: 0,
  count: 0,
  append: () => {},
  read: () => [],
  firstAfter: () => undefined,
  lastBefore: () => undefined,
  purge: () => {},
}

/** Every device with its objects, as a bridge that runs has them; nothing is opened, sent or kept. */
export function stillDevices(
  settings: BacnetConfig,
  listings: readonly Listing[],
  { site, version, at }: ExportContext,
): readonly DeviceModel[] {
  const clock: Clock = { now: () => at, steady: () => 0, after: () => () => {} }
  const notebook = { get: () => undefined, set: () => {}, setLater: () => {} }
  const parts = {
    clock,
    log: silentLog,
    downlink: stillDownlink,
    keeping: keptAtOnce,
    notebook,
    journal: () => stillJournal,
    site,
    version,
  }
  const stack = createStack(settings, parts, () => ({
    start: () => Promise.reject(new Error('what is still has no port')),
    stop: () => Promise.resolve(),
    send: () => {},
    broadcast: () => {},
    isOwn: () => false,
    isEverybody: () => false,
    own: () => undefined,
  }))
  for (const { device, points } of listings) stack.attach(device, points)
  return stack.devices()
}
