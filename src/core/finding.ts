import type { Point } from './points/point.ts'

/** Something that a protocol can't do as configured. `point` leads to its mapping row, `key` to a place in config.yaml. */
export interface Finding {
  readonly code: string
  readonly message: string
  readonly point?: Point
  /** What it is in the way of: it goes away as well if that one changes. */
  readonly rival?: Point | undefined
  readonly key?: readonly (string | number)[]
  /** A warning doesn't stop the bridge. */
  readonly warning?: true
}
