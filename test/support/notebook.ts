import type { Notebook } from '../../src/core/keep.ts'

/** A notebook in memory; give it the pages of an earlier one to go on where that one stopped. */
export function notebook(pages = new Map<string, string>()): Notebook & { readonly pages: Map<string, string> } {
  const set = (name: string, text: string | undefined): void => {
    if (text === undefined) pages.delete(name)
    else pages.set(name, text)
  }
  return { pages, get: (name) => pages.get(name), set, setLater: set }
}
