/** An answer that is no 2xx: its status, and what its body `{error: {code, description}}` says. */
export interface Failure {
  readonly status: number
  readonly code: string
  readonly description: string
}
