import type { Cancel, Clock } from '../lib/clock.ts'

type UploadStatus = 'Idle' | 'Uploading' | 'Uploaded' | 'Failed'

export interface UploadJob {
  readonly retries: number
  readonly retryIntervalMs: number
  /** Says a status in the words of the call that asked. */
  readonly tell: (status: UploadStatus) => void
}

const UPLOAD_MS = 5_000

/** A file on its way to wherever the central system wants it: diagnostics or a log. Nothing is really sent. */
export class Upload {
  readonly #clock: Clock
  readonly #fails: boolean
  #status: UploadStatus = 'Idle'
  #job: UploadJob | undefined
  #cancel: Cancel = () => {}

  constructor(clock: Clock, fails: boolean) {
    this.#clock = clock
    this.#fails = fails
  }

  get running(): boolean {
    return this.#job !== undefined
  }

  /** Begins an upload, in place of one that runs. */
  begin(job: UploadJob): void {
    this.stop()
    this.#job = job
    this.#attempt(job, job.retries)
  }

  /** Idle unless a file is on its way. */
  get status(): UploadStatus {
    return this.#status
  }

  stop(): void {
    this.#cancel()
    this.#job = undefined
    this.#status = 'Idle'
  }

  #attempt(job: UploadJob, retries: number): void {
    this.#status = 'Uploading'
    job.tell('Uploading')
    this.#cancel = this.#clock.after(UPLOAD_MS, () => {
      if (this.#fails && retries > 0) {
        this.#cancel = this.#clock.after(job.retryIntervalMs, () => this.#attempt(job, retries - 1))
        return
      }
      this.stop()
      job.tell(this.#fails ? 'Failed' : 'Uploaded')
    })
  }
}
