import { statSync } from 'node:fs'

export interface SerialSettings {
  /** `/dev/ttyUSB0`, `COM3`. */
  readonly port: string
  readonly baudRate: number
  readonly parity: 'even' | 'odd' | 'none'
  readonly stopBits: 1 | 2
}

/** An open port. */
export interface SerialLink {
  /** Bytes that wait to go out. */
  readonly waiting: number
  /** The device is still the one that was opened: what is unplugged may read as silence for ever. */
  readonly there: boolean
  write(bytes: Uint8Array): void
  /** Resolves when the port is free for others. */
  close(): Promise<void>
}

export interface SerialEvents {
  readonly received: (bytes: Uint8Array) => void
  /** It was not closed by us: unplugged, say. */
  readonly lost: (reason: string) => void
}

/** Rejects with the system's own words where the port can't be opened. */
export type OpenSerial = (settings: SerialSettings, events: SerialEvents) => Promise<SerialLink>

/** What is used of the package `serialport`, which need not be there. */
export interface SerialPackage {
  readonly SerialPort: new (options: {
    readonly path: string
    readonly baudRate: number
    readonly parity: 'even' | 'odd' | 'none'
    readonly stopBits: 1 | 2
    readonly dataBits: 8
    readonly autoOpen: false
  }) => SerialStream
}

interface SerialStream {
  readonly writableLength: number
  open(done: (error: Error | null) => void): void
  close(done: (error: Error | null) => void): void
  write(bytes: Uint8Array): boolean
  on(event: 'data', listener: (bytes: Uint8Array) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'close', listener: (error?: Error | null) => void): unknown
}

/** The way to open serial ports. Rejects with one sentence where the package is not installed, or not for this machine. */
export async function loadSerial(name = 'serialport'): Promise<OpenSerial> {
  let loaded: SerialPackage
  try {
    loaded = await import(name)
  } catch (cause) {
    const why =
      (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed' : "can't be loaded"
    throw new Error(`modbus.rtu needs the package serialport, which ${why}: npm install --include=optional`, { cause })
  }
  return (settings, events) => openWith(loaded, settings, events)
}

function openWith(
  { SerialPort }: SerialPackage,
  { port: path, baudRate, parity, stopBits }: SerialSettings,
  { received, lost }: SerialEvents,
): Promise<SerialLink> {
  return new Promise((resolve, reject) => {
    const stream = new SerialPort({ path, baudRate, parity, stopBits, dataBits: 8, autoOpen: false })
    let closing = false
    const gone = (error: Error | null | undefined) => {
      if (closing) return
      closing = true
      lost(error ? reasonOf(error) : 'closed')
    }
    stream.open((error) => {
      if (error !== null) {
        reject(new Error(reasonOf(error), { cause: error }))
        return
      }
      const device = deviceAt(path)
      stream.on('data', received)
      stream.on('close', gone)
      stream.on('error', (failed) => {
        if (closing) return
        gone(failed)
        stream.close(() => {})
      })
      resolve({
        get waiting() {
          return stream.writableLength
        },
        get there() {
          return deviceAt(path) === device
        },
        write: (bytes) => void stream.write(bytes),
        close: () =>
          new Promise((closed) => {
            if (closing) {
              closed()
              return
            }
            closing = true
            stream.close(() => closed())
          }),
      })
    })
  })
}

/** The package's own words, such as `Error: Permission denied, cannot open /dev/ttyUSB0`, without what is said anyhow. */
function reasonOf({ message }: Error): string {
  return message.replace(/^Error: /, '').replace(/, cannot open .*$/, '')
}

/** What tells the device behind a name from one that comes after it; the same for all where names are no files. */
function deviceAt(path: string): string {
  try {
    const { dev, ino, rdev } = statSync(path)
    return `${dev}:${ino}:${rdev}`
  } catch {
    return ''
  }
}
