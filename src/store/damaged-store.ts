/** A store that makes no sense, for people who look at it without running the bridge. */
export class DamagedStore extends Error {
  readonly file: string
  /** In one line. */
  readonly why: string

  constructor(file: string, found: unknown) {
    const why = (found instanceof Error ? found.message : String(found)).replaceAll('\n', ' ')
    super(`the store ${file} is damaged (${why}): start the bridge, which saves what can still be read`, {
      cause: found,
    })
    this.file = file
    this.why = why
  }
}
