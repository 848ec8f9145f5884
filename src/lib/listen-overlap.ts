import type { ListenAddress } from './schema.ts'

/** Whether two listeners want the same port; 0 is one that the system chooses. */
export function overlap(one: ListenAddress, other: ListenAddress): boolean {
  return one.port !== 0 && one.port === other.port && meet(one.host, other.host)
}

/** An address for all of the machine's holds each of them. */
function meet(one: string, other: string): boolean {
  return one === other || [one, other].some((host) => host === '0.0.0.0' || host === '::')
}
