export interface InstanceRange {
  readonly low: number
  readonly high: number
}

/** At most `most` ranges that hold all of them: the widest gaps are left out. */
export function instanceRanges(instances: readonly number[], most: number): readonly InstanceRange[] {
  const sorted = [...new Set(instances)].sort((a, b) => a - b)
  const [first] = sorted
  if (first === undefined) return []
  const gaps = sorted
    .map((instance, index) => ({ index, gap: instance - (sorted[index - 1] ?? instance) }))
    .filter(({ gap }) => gap > 1)
    .sort((a, b) => b.gap - a.gap)
    .slice(0, most - 1)
    .map(({ index }) => index)
    .sort((a, b) => a - b)
  const starts = [0, ...gaps]
  return starts.map((start, n) => {
    const low = sorted[start] ?? first
    return { low, high: sorted[(starts[n + 1] ?? sorted.length) - 1] ?? low }
  })
}

/** As people write it: `4000, 4001-4010`. */
export function rangesText(ranges: readonly InstanceRange[]): string {
  return ranges.map(({ high, low }) => (low === high ? `${low}` : `${low}-${high}`)).join(', ')
}
