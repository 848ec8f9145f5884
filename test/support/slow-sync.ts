import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Stands before the C library: each sync of a file takes so many milliseconds as the file SLOW_SYNC says, or fails. What
 * a write-ahead log had when a sync of it began is, once that has ended, in SLOW_SYNC.wal: as much as a power cut leaves.
 */
const source = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void copy(const char *from, const char *to) {
  char block[65536];
  ssize_t n;
  int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  while (in >= 0 && out >= 0 && (n = read(in, block, sizeof block)) > 0)
    if (write(out, block, n) != n) abort();
  if (in >= 0) close(in);
  if (out >= 0) close(out);
}
static int slow(int fd, const char *name) {
  const char *control = getenv("SLOW_SYNC");
  char text[64] = "", link[64], path[4096] = "", draft[4200], whole[4200];
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int in = control == NULL ? -1 : open(control, O_RDONLY);
  if (in < 0) return real(fd);
  ssize_t n = read(in, text, sizeof text - 1);
  close(in);
  if (n > 0) text[n] = 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  n = readlink(link, path, sizeof path - 1);
  if (n > 0) path[n] = 0;
  size_t length = strlen(path);
  int wal = length > 13 && strcmp(path + length - 13, "bridge.db-wal") == 0;
  snprintf(draft, sizeof draft, "%s.%d.draft", control, gettid());
  snprintf(whole, sizeof whole, "%s.wal", control);
  if (wal) copy(path, draft);
  if (text[0] == 'f') {
    errno = EIO;
    return -1;
  }
  usleep(1000 * atoi(text));
  int result = real(fd);
  if (wal) rename(draft, whole);
  return result;
}
int fsync(int fd) { return slow(fd, "fsync"); }
int fdatasync(int fd) { return slow(fd, "fdatasync"); }
`

const compiler = ['cc', 'gcc', 'g++'].find((name) => spawnSync(name, ['--version']).status === 0)

/** Why no disk can be slow here, for `describe.skipIf`. */
export const missingSlowSync =
  process.platform !== 'linux' ? 'it is done as on Linux' : compiler === undefined ? 'no C compiler' : undefined

/** A disk that syncs as slowly as a test says. */
export class SlowSync {
  readonly #folder = mkdtempSync(join(tmpdir(), 'slow-sync-'))
  readonly #control = join(this.#folder, 'ms')

  constructor() {
    const program = join(this.#folder, 'slow.c')
    writeFileSync(program, source)
    const library = ['-shared', '-fPIC', '-o', this.#library, program, '-ldl']
    execFileSync(compiler ?? '', compiler === 'g++' ? ['-x', 'c', ...library] : library)
    this.takes(0)
  }

  get #library(): string {
    return join(this.#folder, 'slow.so')
  }

  /** What a program is started with. */
  get environment(): Readonly<Record<string, string>> {
    return { LD_PRELOAD: this.#library, SLOW_SYNC: this.#control }
  }

  /** From the next sync on. */
  takes(ms: number): void {
    this.#say(String(ms))
  }

  fails(): void {
    this.#say('fail')
  }

  /** The log of the store as a power cut would leave it now; undefined: none of it was ever synced. */
  get log(): Buffer | undefined {
    const path = `${this.#control}.wal`
    return existsSync(path) ? readFileSync(path) : undefined
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** All at once: a program reads it at any moment. */
  #say(text: string): void {
    writeFileSync(`${this.#control}.new`, text)
    renameSync(`${this.#control}.new`, this.#control)
  }
}
