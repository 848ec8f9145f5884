type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** What every part logs through: fields first, then one sentence (the shape of pino). */
export interface Log {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
  /** What only `debug` would say needn't be found out while nobody listens. */
  readonly debugs: boolean
}

const nothing: Write = () => {}

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, debugs: false }
