/** 1.3.6.1.4.1.50316.802.1 in DER (MB-TCP-Security v36, R-21). */
const ROLE = Uint8Array.of(0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0x89, 0x0c, 0x86, 0x22, 0x01)

const SEQUENCE = 0x30
const OBJECT_IDENTIFIER = 0x06
const OCTET_STRING = 0x04
const UTF8_STRING = 0x0c
/** Where a TBSCertificate has its extensions (RFC 5280, 4.1). */
const EXTENSIONS = 0xa3

const decoder = new TextDecoder('utf-8', { fatal: true })

interface Element {
  readonly tag: number
  readonly content: Uint8Array
}

/**
 * The role in a certificate (DER): the whole text of its one role extension. Undefined where there is none, or more than
 * one, or one that is no UTF8String.
 */
export function roleIn(certificate: Uint8Array): string | undefined {
  const roles = extensionsOf(certificate).filter(([id]) => id !== undefined && isRole(id))
  // Between name and value an extension may say that it is critical.
  const value = roles.length === 1 ? roles[0]?.at(-1) : undefined
  const [text, ...others] = value?.tag === OCTET_STRING ? elements(value.content) : []
  if (text?.tag !== UTF8_STRING || others.length > 0) return undefined
  try {
    return decoder.decode(text.content)
  } catch {
    return undefined
  }
}

/** The elements of each extension. */
function extensionsOf(certificate: Uint8Array): readonly (readonly Element[])[] {
  const [whole] = elements(certificate)
  const [signed] = sequence(whole)
  const wrapper = sequence(signed).find(({ tag }) => tag === EXTENSIONS)
  const [list] = wrapper === undefined ? [] : elements(wrapper.content)
  return sequence(list).map(sequence)
}

function isRole({ tag, content }: Element): boolean {
  return tag === OBJECT_IDENTIFIER && content.length === ROLE.length && content.every((byte, n) => byte === ROLE[n])
}

function sequence(element: Element | undefined): readonly Element[] {
  return element?.tag === SEQUENCE ? elements(element.content) : []
}

/** The elements that stand in a row; none at all where one of them is damaged. */
function elements(bytes: Uint8Array): readonly Element[] {
  const found: Element[] = []
  let at = 0
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0
    const first = bytes[at + 1] ?? 0
    at += 2
    let length = first
    if (first >= 0x80) {
      const count = first & 0x7f
      // Longer ones are no certificates.
      if (count === 0 || count > 3) return []
      length = 0
      for (let n = 0; n < count; n += 1) length = length * 256 + (bytes[at + n] ?? 0)
      at += count
    }
    if (at + length > bytes.length) return []
    found.push({ tag, content: bytes.subarray(at, at + length) })
    at += length
  }
  return found
}
