/** Gives chargers their numbers. */
export interface Numbers {
  /** The charger's number; when it has none the next one that nobody ever had, passing over those that `isFree` refuses. */
  number(charger: string, isFree: (n: number) => boolean): number
}

/** Numbers on paper: those that are kept somewhere, and what comes next; nothing is kept here. */
export function numbering(kept: ReadonlyMap<string, number>): Numbers {
  const given = new Map(kept)
  const used = new Set(given.values())
  return {
    number(charger, isFree) {
      const known = given.get(charger.toLowerCase())
      if (known !== undefined) return known
      let number = 1
      while (used.has(number) || !isFree(number)) number += 1
      used.add(number)
      given.set(charger.toLowerCase(), number)
      return number
    },
  }
}
