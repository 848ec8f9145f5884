/** Sequence numbers are 1 to 2^32-1, then 1 again (12.25.16); a journal counts on. */
const COUNT = 2 ** 32 - 1

/** What clients call the record of that number; 0 is that of none. */
export function sequenceOf(number: number): number {
  return number === 0 ? 0 : ((number - 1) % COUNT) + 1
}

/** The number that a sequence number means to a log that keeps `first` to `last`: the nearest of all that share it. */
export function numberOf(sequence: number, first: number, last: number): number {
  const rounds = Math.floor((last - sequence) / COUNT)
  const before = sequence + rounds * COUNT
  if (before >= first) return before
  const behind = before + COUNT
  return behind - last < first - before ? behind : before
}
