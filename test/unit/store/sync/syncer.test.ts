import { describe, expect, it } from 'vitest'
import { Syncer } from '../../../../src/store/sync/syncer.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

interface Running {
  readonly end: () => void
  readonly fail: (error: Error) => void
}

/** A syncer whose syncs end when a test says. */
function begun() {
  const clock = new FakeClock()
  const [syncs, repairs]: [Running[], Running[]] = [[], []]
  const failures: string[] = []
  const run = (into: Running[]) => () =>
    new Promise<void>((end, fail) => {
      into.push({ end, fail })
    })
  const failed = (error: unknown) => void failures.push(String(error))
  const syncer = new Syncer({ clock, sync: run(syncs), repair: run(repairs), failed, wrong: failed })
  const heard: string[] = []
  /** Something is written, and whoever is answered for it waits. */
  const write = (name: string) => {
    syncer.promise()
    wait(name)
  }
  const wait = (name: string) => syncer.whenKept((failure) => heard.push(failure === undefined ? name : `not ${name}`))
  return { clock, syncs, repairs, failures, syncer, heard, write, wait }
}

/** Lets promises go on that wait for nothing. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

describe('a syncer', () => {
  it('says at once that what was never written is on disk', () => {
    const { heard, wait } = begun()
    wait('a')
    expect(heard).toEqual(['a'])
  })

  it('syncs together what is written in one go, and while another sync runs', async () => {
    const { syncs, heard, syncer, write } = begun()
    write('a')
    write('b')
    await settle()
    expect(syncs).toHaveLength(1)
    write('c')
    write('d')
    await settle()
    expect(syncs).toHaveLength(1)
    expect([syncer.kept, syncer.promised]).toEqual([0, 4])
    syncs[0]?.end()
    await settle()
    expect(heard).toEqual(['a', 'b'])
    expect([syncer.kept, syncer.promised]).toEqual([2, 4])
    expect(syncs).toHaveLength(2)
    syncs[1]?.end()
    await settle()
    expect(heard).toEqual(['a', 'b', 'c', 'd'])
    expect(syncs).toHaveLength(2)
  })

  it('whose sync fails says so to all that wait, and to those who come, until the repair has brought all of it to disk', async () => {
    const { syncs, repairs, failures, heard, syncer, write, wait } = begun()
    write('a')
    await settle()
    write('b')
    syncs[0]?.fail(new Error('EIO'))
    await settle()
    expect(heard).toEqual(['not a', 'not b'])
    expect(failures).toEqual(['Error: EIO'])
    write('c')
    expect(heard.at(-1)).toBe('not c')
    // Another sync would find nothing wrong.
    await settle()
    expect(syncs).toHaveLength(1)
    syncer.again()
    syncer.again()
    expect(repairs).toHaveLength(1)
    repairs[0]?.fail(new Error('EIO'))
    await settle()
    expect(syncer.failure?.message).toContain('EIO')
    syncer.again()
    write('d')
    repairs[1]?.end()
    await settle()
    expect(syncer.failure).toBeUndefined()
    // It was written after the repair had begun.
    expect([syncer.kept, syncer.promised]).toEqual([3, 4])
    wait('d')
    expect(syncs).toHaveLength(2)
    syncs[1]?.end()
    await settle()
    expect(heard).toEqual(['not a', 'not b', 'not c', 'not d', 'd'])
  })

  it('whose sync takes more than ten seconds lets nobody wait any longer, and has failed until it ends', async () => {
    const { clock, syncs, repairs, failures, heard, syncer, write } = begun()
    write('a')
    await settle()
    clock.advance(9_999)
    expect(heard).toEqual([])
    clock.advance(1)
    expect(heard).toEqual(['not a'])
    expect(failures).toEqual(['it takes more than 10 s'])
    syncer.again()
    expect(repairs).toEqual([])
    syncs[0]?.end()
    await settle()
    expect(syncer.failure).toBeUndefined()
    expect(syncer.kept).toBe(1)
    clock.advance(60_000)
    expect(failures).toHaveLength(1)
  })

  it('calls the others back where one can’t take it', async () => {
    const { syncs, failures, heard, syncer, write } = begun()
    syncer.promise()
    syncer.whenKept(() => {
      throw new Error('a mistake')
    })
    write('a')
    await settle()
    syncs[0]?.end()
    await settle()
    expect(heard).toEqual(['a'])
    expect(failures).toEqual(['Error: a mistake'])
  })

  it('lets only so many wait', async () => {
    const { heard, write } = begun()
    for (let n = 0; n < 10_001; n += 1) write(`${n}`)
    expect(heard).toEqual(['not 10000'])
  })

  it('knows what came to disk by another way, also where a sync that began before ends after it', async () => {
    const { syncs, heard, syncer, write } = begun()
    write('a')
    await settle()
    write('b')
    syncer.all()
    expect(heard).toEqual(['a', 'b'])
    syncs[0]?.end()
    await settle()
    expect(syncer.kept).toBe(2)
  })

  it('that is stopped calls nobody back', async () => {
    const { syncs, heard, syncer, write, clock, failures } = begun()
    write('a')
    await settle()
    syncer.stop()
    syncs[0]?.end()
    await settle()
    clock.advance(60_000)
    expect([heard, failures]).toEqual([[], []])
  })

  it('that is stopped begins no sync, neither what was due nor what is written then', async () => {
    const { syncs, clock, syncer, write } = begun()
    write('a')
    await settle()
    write('b')
    syncer.stop()
    syncs[0]?.end()
    await settle()
    write('c')
    await settle()
    expect(syncs).toHaveLength(1)
    expect(clock.waiting).toBe(0)
  })
})
