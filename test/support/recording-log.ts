import type { Log } from '../../src/lib/log.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'

/** Remembers every line that was logged. */
export class RecordingLog implements Log {
  readonly lines: { readonly level: Level; readonly message: string }[] = []
  readonly debugs = true
  readonly debug = this.#writer('debug')
  readonly info = this.#writer('info')
  readonly warn = this.#writer('warn')
  readonly error = this.#writer('error')

  messages(level: Level): readonly string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message)
  }

  #writer(level: Level): Log['info'] {
    return (_fields, message) => void this.lines.push({ level, message })
  }
}
