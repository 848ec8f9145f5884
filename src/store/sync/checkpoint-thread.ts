import { parentPort, workerData } from 'node:worker_threads'
import SqliteDatabase from 'better-sqlite3'

/** How far a checkpoint goes: PASSIVE waits for nobody, TRUNCATE has all of the log in the file, on disk, and empties the log. */
export type CheckpointMode = 'PASSIVE' | 'TRUNCATE'

export interface CheckpointDone {
  /** Undefined: it was possible. */
  readonly error: string | undefined
}

/** Others hold the file for moments only. */
const PATIENCE_MS = 5_000

/** A thread that brings the log of a store into its file, as that waits for the disk. */
if (parentPort === null) throw new Error('this is a thread of the bridge, started by it alone')
const port = parentPort
const { file } = workerData as { readonly file: string }

port.on('message', (mode: CheckpointMode) => {
  let error: string | undefined
  try {
    checkpoint(mode)
  } catch (thrown) {
    error = String(thrown)
  }
  port.postMessage({ error } satisfies CheckpointDone)
})

/** Opened for each: whoever closes the store last ends its log, and that is to be the bridge. */
function checkpoint(mode: CheckpointMode): void {
  const database = new SqliteDatabase(file, { fileMustExist: true, timeout: PATIENCE_MS })
  try {
    database.pragma('synchronous = FULL')
    const [row] = database.pragma(`wal_checkpoint(${mode})`) as { busy: number }[]
    if (mode === 'TRUNCATE' && row?.busy !== 0) throw new Error('another program holds it')
  } finally {
    database.close()
  }
}
