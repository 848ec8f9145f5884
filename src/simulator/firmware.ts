import type { OCPP16 } from 'typed-ocpp'
import type { Cancel, Clock } from '../lib/clock.ts'
import type { FirmwareQuirks } from './quirks.ts'

type PlainStatus = OCPP16.FirmwareStatusNotificationRequest['status']
type Status = OCPP16.SignedFirmwareStatusNotificationRequest['status']

export interface FirmwareJob {
  readonly location: string
  /** Milliseconds since 1970. */
  readonly retrieveAt: number
  readonly installAt: number
  readonly retries: number
  readonly retryIntervalMs: number
  /** Of a signed update; undefined: it isn't signed. */
  readonly requestId: number | undefined
}

export interface FirmwareParts {
  readonly clock: Clock
  readonly quirks: FirmwareQuirks
  readonly tell: (action: string, payload: object) => void
  readonly securityEvent: (type: string) => void
  /** Sessions run: an installation waits for their end. */
  readonly busy: () => boolean
  /** Keeps new sessions from beginning while it installs. */
  readonly block: (blocked: boolean) => void
  readonly reboot: () => void
}

const DOWNLOAD_MS = 10_000
const INSTALL_MS = 10_000
const LOOK_AGAIN_MS = 1_000
/** FirmwareStatusNotification doesn't know the others (7.25). */
const plain: readonly string[] = [
  'Downloaded',
  'DownloadFailed',
  'Downloading',
  'Idle',
  'InstallationFailed',
  'Installing',
  'Installed',
] satisfies PlainStatus[]

/** An update of the firmware, from its download to the boot after it, signed or not. Nothing is really downloaded. */
export class Firmware {
  readonly #parts: FirmwareParts
  #job: FirmwareJob | undefined
  #status: Status = 'Idle'
  #release = 0
  #failedDownloads: number
  #rebooting = false
  #cancel: Cancel = () => {}

  constructor(parts: FirmwareParts) {
    this.#parts = parts
    this.#failedDownloads = parts.quirks.failedDownloads ?? 0
  }

  get version(): string {
    return `1.0.${this.#release}`
  }

  get running(): boolean {
    return this.#job !== undefined
  }

  /** Begins an update, in place of one that runs. */
  begin(job: FirmwareJob): void {
    this.stop()
    this.#job = job
    const wait = job.retrieveAt - this.#parts.clock.now()
    if (wait > 0) this.#tell('DownloadScheduled')
    this.#after(wait, () => this.#download(job.retries))
  }

  /** Sends the status as it is now, as a trigger asks for it; `signed`: in the words of signed updates. */
  repeat(signed: boolean): void {
    if (signed && this.#job === undefined)
      this.#parts.tell('SignedFirmwareStatusNotification', { status: this.#status })
    else this.#send(this.#status)
  }

  /** A reboot that is not the update's own ends it. */
  stop(): void {
    this.#cancel()
    if (this.#rebooting) return
    this.#job = undefined
    this.#status = 'Idle'
    this.#parts.block(false)
  }

  /** The charge point is accepted after a boot. */
  booted(): void {
    if (!this.#rebooting) return
    this.#rebooting = false
    this.#tell('Installed')
    this.#parts.securityEvent('FirmwareUpdated')
    this.#finish()
  }

  #download(retries: number): void {
    this.#tell('Downloading')
    this.#after(DOWNLOAD_MS, () => {
      if (!this.#downloadFails()) {
        this.#tell('Downloaded')
        this.#verify()
      } else if (retries > 0) {
        this.#after(this.#job?.retryIntervalMs ?? 0, () => this.#download(retries - 1))
      } else {
        this.#tell('DownloadFailed')
        this.#finish()
      }
    })
  }

  #downloadFails(): boolean {
    this.#failedDownloads -= 1
    const reachable = /^(https?|s?ftps?|scp):\/\/./i.test(this.#job?.location ?? '')
    return this.#failedDownloads >= 0 || this.#parts.quirks.fails === 'DownloadFailed' || !reachable
  }

  #verify(): void {
    const job = this.#job
    if (job === undefined) return
    if (job.requestId !== undefined) {
      if (this.#parts.quirks.fails === 'InvalidSignature') {
        this.#tell('InvalidSignature')
        this.#parts.securityEvent('InvalidFirmwareSignature')
        this.#finish()
        return
      }
      this.#tell('SignatureVerified')
    }
    const wait = job.installAt - this.#parts.clock.now()
    if (wait > 0) this.#tell('InstallScheduled')
    this.#after(wait, () => this.#installWhenIdle())
  }

  #installWhenIdle(): void {
    this.#parts.block(true)
    if (this.#parts.busy()) {
      this.#after(LOOK_AGAIN_MS, () => this.#installWhenIdle())
      return
    }
    this.#tell('Installing')
    this.#after(INSTALL_MS, () => {
      const { fails } = this.#parts.quirks
      if (fails === 'InstallationFailed' || fails === 'InstallVerificationFailed') {
        const signed = this.#job?.requestId !== undefined
        this.#tell(signed ? fails : 'InstallationFailed')
        this.#finish()
        return
      }
      this.#release += 1
      this.#tell('InstallRebooting')
      this.#rebooting = true
      this.#parts.reboot()
    })
  }

  #finish(): void {
    this.#job = undefined
    this.#status = 'Idle'
    this.#parts.block(false)
  }

  #after(ms: number, task: () => void): void {
    this.#cancel = this.#parts.clock.after(Math.max(0, ms), task)
  }

  #tell(status: Status): void {
    if (this.#job?.requestId === undefined && !plain.includes(status)) return
    this.#status = status
    this.#send(status)
  }

  #send(status: Status): void {
    const requestId = this.#job?.requestId
    if (requestId === undefined) this.#parts.tell('FirmwareStatusNotification', { status })
    else this.#parts.tell('SignedFirmwareStatusNotification', { status, requestId })
  }
}
