import type { Finding, Listing } from '../../../src/core/ports.ts'
import { binding, bindingOf, fits, mappingOptions } from '../../../src/northbound/bacnet/binding.ts'
import { type BacnetConfig, chargerConfig, config } from '../../../src/northbound/bacnet/config.ts'
export const bacnet = {
  name: 'bacnet',
  config,
  chargerConfig,
  binding,
  mappingOptions,
  assign: (c: BacnetConfig, n: number, own: { instance: number } | undefined) =>
    n === 0 && !own
      ? c.device.instance
      : (own?.instance ?? (c.instances.first + n - 1 <= c.instances.last ? c.instances.first + n - 1 : undefined)),
  check(_c: unknown, listings: readonly Listing[]): Finding[] {
    return listings.flatMap(({ points }) => {
      const seen = new Set<string>()
      const names = new Set<string>()
      return points.flatMap((point) => {
        const b = bindingOf(point)
        if (!b) return []
        const f: Finding[] = []
        const k = `${point.connector} ${b.row.object} ${b.row.instance}`
        if (seen.has(k)) f.push({ code: 'bacnet-collision', message: k, point })
        seen.add(k)
        const nm = `${point.connector} ${b.row.name}`
        if (names.has(nm)) f.push({ code: 'bacnet-name', message: k, point })
        names.add(nm)
        if (!fits(point, b.row)) f.push({ code: 'bacnet-type', message: k, point })
        return f
      })
    })
  },
  describe: (_c: unknown, device: { addresses: Record<string, number> }, point: Parameters<typeof bindingOf>[0]) => {
    const b = bindingOf(point)
    return (
      b && {
        device: device.addresses.bacnet,
        object: b.row.object,
        type: 0,
        instance: point.connector * b.stride + b.row.instance,
      }
    )
  },
} as const
