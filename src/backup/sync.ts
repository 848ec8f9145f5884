import { closeSync, fsyncSync, openSync } from 'node:fs'

/** The bytes of a file are on the disk afterwards. */
export function syncFile(file: string): void {
  sync(file, 'r+')
}

/** The names in a folder are on the disk afterwards. */
export function syncFolder(folder: string): void {
  sync(folder, 'r')
}

function sync(path: string, flags: string): void {
  const handle = openSync(path, flags)
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
