import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Debian's, not an npm package. */
const SOCAT = 'socat'

export const hasSocat = spawnSync(SOCAT, ['-V']).error === undefined

/** Two serial ports with a cable between them. */
export interface PtyPair {
  readonly near: string
  readonly far: string
  /** Pulls the plugs: both ports are gone. */
  close(): Promise<void>
}

/** A pair of pseudo-terminals, under names of its own or those of a pair that is gone. */
export async function openPty(names?: Pick<PtyPair, 'near' | 'far'>): Promise<PtyPair> {
  const folder = names === undefined ? mkdtempSync(join(tmpdir(), 'pty-')) : undefined
  const { near, far } = names ?? { near: join(folder ?? '', 'near'), far: join(folder ?? '', 'far') }
  const end = (link: string) => `pty,raw,echo=0,link=${link}`
  const child = spawn(SOCAT, ['-d', '-d', end(near), end(far)], { stdio: ['ignore', 'ignore', 'pipe'] })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('starting data transfer loop')) resolve()
    })
    child.once('exit', () => reject(new Error(said)))
  })
  return {
    near,
    far,
    async close() {
      child.kill('SIGTERM')
      await gone
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    },
  }
}
