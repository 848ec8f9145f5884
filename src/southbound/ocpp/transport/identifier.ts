/** 1.6 allows 20 characters (CiString20) and chargers use up to 48; nothing that could mean something in a log or a page. */
const permitted = /^[\p{L}\p{N}_\-.:*+=@|~!$&'() ]{1,48}$/u

/** A request's target without what precedes its path (an absolute form may hold a password) and what follows it. */
export function pathOf(target: string): string {
  return target.replace(/^[a-z]+:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? ''
}

/**
 * The charge point identifier in a request's target: its last segment that isn't empty, decoded. Forgives doubled and
 * trailing slashes, query strings and absolute-form targets; undefined for what is no identifier.
 */
export function identifierOf(target: string): string | undefined {
  const segment = pathOf(target)
    .split('/')
    .filter((part) => part !== '')
    .at(-1)
  if (segment === undefined) return undefined
  let identifier: string
  try {
    identifier = decodeURIComponent(segment)
  } catch {
    return undefined
  }
  return permitted.test(identifier) && identifier.trim() === identifier ? identifier : undefined
}
