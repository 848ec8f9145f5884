/** The file of histories beside a store: `data/bridge.db` has `data/bridge.history.db`; `:memory:` stays what it is. */
export function historyFile(store: string): string {
  return store === ':memory:' ? store : `${store.replace(/\.db$/, '')}.history.db`
}
