/** The file of histories beside a store: `data/bridge.db` has `data/bridge.history.db`; `:memory:` stays what it is. */
export function historyFile(store: string): string {
  return store === ':memory:' ? store : `${store.replace(/\.db$/, '')}.history.db`
}

/** The folder beside a file of histories in which that waits which has not been written into it. */
export function waitingFolder(history: string): string {
  return `${history}-waiting`
}
