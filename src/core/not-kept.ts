/**
 * The disk takes nothing at the moment: what was asked for has not happened, since it could not be kept. Each protocol
 * that buildings speak has an answer for it.
 */
export class NotKept extends Error {
  override readonly name = 'NotKept'

  constructor(cause: unknown) {
    super(`it can't be kept: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
