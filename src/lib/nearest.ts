/** The candidate that someone most likely meant by `word`, in any letter case; undefined when none is close. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const meant = word.toLowerCase()
  // A third of a word may be wrong, but never so much of a short one that anything is "near".
  let best = Math.max(1, Math.floor(meant.length / 3)) + 1
  let found: string | undefined
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - meant.length) >= best) continue
    const away = distance(meant, candidate.toLowerCase())
    if (away < best) {
      best = away
      found = candidate
    }
  }
  return found
}

/** ` (did you mean x?)`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates)
  return found === undefined ? '' : ` (did you mean ${found}?)`
}

/** How many letters have to be put in, taken out, replaced or swapped with their neighbour. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1]
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      line.push(cost)
    }
    beforeLast = last
    last = line
  }
  return last[b.length] ?? 0
}
