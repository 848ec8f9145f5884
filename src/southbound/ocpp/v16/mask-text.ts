import { idTag } from './normalise.ts'

/** A tag as it may be shown: itself where tags are shared, otherwise digits that tell it from others. */
export type ShownTag = (idTag: string) => string

/** What stands in place of a secret. */
export const HIDDEN = '***'

const TAG = String.raw`(?:id[ _-]?tags?|tag[ _-]?id|rfid[\w-]{0,20})`
const SECRET =
  '(?:pass(?:word|phrase|wd)?|secret|token|credential|psk|private.?key|auth(?:orization)?.?key|api.?key|apn.?user)'
/** In quotes up to those that end it (or the text), an object with all that follows, or up to what ends a bare word. */
const VALUE = String.raw`(?:\\{0,8}(["'])[\s\S]*?(?:\\{0,8}\2(?=\s*(?:[,}\]\\]|$))|$)|[{[][\s\S]*|[^,;&}\]\n"']+)`

const tagName = new RegExp(`${TAG}$`, 'i')
/** All that a text with a secret in it has some part of. */
const hint = new RegExp(String.raw`:\/\/|PRIVATE KEY|OCMF|authorization|\\u00|${TAG}|${SECRET}`, 'i')
const tags = new RegExp(String.raw`(${TAG}\\*["']?\s*(?:[:=]\s*|(?=\\*["'])))${VALUE}`, 'gi')
const secrets = new RegExp(String.raw`(${SECRET}[\w-]{0,40}\\*["']?\s*(?:[:=]\s*|(?=\\*["'])))${VALUE}`, 'gi')
/** The value of a configuration key. */
const values = new RegExp(String.raw`(\bvalue\\*["']?\s*(?:[:=]\s*|(?=\\*["'])))${VALUE}`, 'gi')
/** Calls that name a tag. */
const tagged = /"(?:Authorize|StartTransaction|StopTransaction)"/
const isSecretive = new RegExp(SECRET, 'i')
/** `user:password@`; a password may have slashes in it. */
const passwords = /(:\/\/[^\s"'<>:@/]{0,256}):[^\s"'<>]{0,256}@/g
/** Of addresses that are signed beforehand. */
const signatures = /([?&][\w-]{0,40}sig(?:nature)?=)[^&\s"']+/gi
const headers = /(authorization\\*["']?\s*[:=]\s*\\*["']?(?:basic|bearer)\s+)[^\s"',}]+/gi
const privateKeys = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g
/** Whose transaction a signed meter value belongs to (OCMF 1.0: user assignment). */
const signedTags = /(\\*"ID\\*"\s*:\s*\\*")([^"\\]*)/g
const escaped = /\\u00([2-7][\da-f])/gi

/** The name of a member or configuration key that holds a tag. */
export function looksLikeTag(name: string): boolean {
  return tagName.test(name)
}

/** Cheap: most texts hold nothing that maskText would hide. */
export function mayHide(text: string): boolean {
  return hint.test(text)
}

/** A text that is no JSON, without secrets: found by the names before them, and rather too much hidden than too little. */
export function maskText(text: string, shownTag: ShownTag): string {
  if (!mayHide(text)) return text
  let shown = text
    .replace(escaped, unescaped)
    .replace(privateKeys, HIDDEN)
    .replace(passwords, `$1:${HIDDEN}@`)
    .replace(signatures, `$1${HIDDEN}`)
    .replace(headers, `$1${HIDDEN}`)
  if (isSecretive.test(shown)) shown = hidden(shown, values)
  shown = hidden(shown, secrets)
  shown = shown.replace(tags, (whole: string, name: string) => `${name}"${shownTag(bare(whole.slice(name.length)))}"`)
  if (!shown.includes('OCMF')) return shown
  return shown.replace(signedTags, (_, name: string, tag: string) => `${name}${shownTag(bare(tag))}`)
}

/**
 * The same for a message that is damaged: where a secret has to be and its name isn't found, all of the payload is left
 * out.
 */
export function maskDamaged(text: string, shownTag: ShownTag): string {
  const hasNoName =
    (tagged.test(text) && text.search(tags) === -1) ||
    (isSecretive.test(text) && text.search(secrets) === -1 && text.search(values) === -1)
  const payload = text.indexOf('{')
  return maskText(hasNoName && payload !== -1 ? `${text.slice(0, payload)}{…` : text, shownTag)
}

function hidden(text: string, pattern: RegExp): string {
  return text.replace(pattern, (_, name: string) => `${name}"${HIDDEN}"`)
}

function bare(value: string): string {
  return idTag(value.slice(0, 64).replace(/^[\\"'\s]+|[\\"'\s]+$/g, '')) ?? ''
}

/** A letter that is written by its number; what would end a text stays as it is. */
function unescaped(whole: string, digits: string): string {
  const letter = String.fromCharCode(Number.parseInt(digits, 16))
  return letter === '"' || letter === '\\' ? whole : letter
}
