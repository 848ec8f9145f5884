/** The file of histories beside a store: `data/bridge.db` has `data/bridge.history.db`; `:memory:` stays what it is. */
export function historyFile(store: string): string {
  return store === ':memory:' ? store : `${store.replace(/\.db$/, '')}.history.db`
}

/** The folder beside it in which entries wait that come before they could be written. */
export function waitingFolder(store: string): string {
  return `${historyFile(store)}-waiting`
}
