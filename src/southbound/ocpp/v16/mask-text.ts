import { idTag } from './normalise.ts'

/** A tag as it may be shown: itself where tags are shared, otherwise digits that tell it from others. */
export type ShownTag = (idTag: string) => string

/** What stands in place of a secret. */
export const HIDDEN = '***'

const TAG = String.raw`(?:id[ _-]?tags?|tag[ _-]?id|rfid[\w-]{0,20}|\buid|card[ _-]?(?:u?id|no|number)|emaid|(?:evco|contract)[ _-]?id)`
const SECRET =
  '(?:pass(?:word|phrase|wd)?|secret|token|credential|psk|private.?key|auth(?:orization)?.?key|api.?key|apn.?user)'
/** What a value that its meter signed is called, or is beside. */
const SIGNED = '(?:signed|encoded)[ _-]?(?:meter[ _-]?)?(?:data|values?)'
/** In quotes up to those that end it (or the text), an object with all that follows, or up to what ends a bare word. */
const VALUE = String.raw`(?:\\{0,8}(["'])[\s\S]*?(?:\\{0,8}\2(?=\s*(?:[,}\]\\]|$))|$)|[{[][\s\S]*|[^,;&}\]\n"']+)`

/** What stands between a name and its value, in XML as well; nothing has to before one in quotes, or the number of a card. */
const IS = String.raw`(?:\\{0,8}["']?\s*[:=>]\s*|\\{0,8}["']?\s*(?=\\{0,8}["'])|\s+(?=[\da-f]{8,20}\b))`
/** The same of a message that is damaged. */
const SIGNS = String.raw`[^\w{}[\],]{0,20}`

const tagName = new RegExp(`${TAG}$`, 'i')
/** All that a text with a secret in it has some part of. */
const hint = new RegExp(
  String.raw`:\/\/|PRIVATE KEY|OCMF|T0NNR|4f434d46|authorization|${SIGNED}|\\u00|${TAG}|${SECRET}`,
  'i',
)
const isSecretive = new RegExp(SECRET, 'i')
const tags = new RegExp(`(${TAG}${IS})${VALUE}`, 'gi')
const secrets = new RegExp(String.raw`(${SECRET}[\w-]{0,40}${IS})${VALUE}`, 'gi')
/** The value of a configuration key. */
const values = new RegExp(String.raw`(\bvalue${IS})${VALUE}`, 'gi')
/** Calls that name a tag. */
const tagged = /\b(?:Authorize|StartTransaction|StopTransaction)\b/
const signed = new RegExp(SIGNED, 'i')
/** A bare word, or all up to quotes that end something. */
const damagedTags = new RegExp(
  String.raw`(${TAG}${SIGNS}[^\w{}[\],"'])([{[][\s\S]*|\w[\s\S]*?(?=["']?\s{0,20}(?:[,}\]]|$)))|(${TAG}${SIGNS}["'])([\s\S]*?)(?=["']\s*(?:[,}\]\\]|$)|$)`,
  'gi',
)
/** `user:password@`; a password may have slashes in it. */
const passwords = /(:\/\/[^\s"'<>:@/]{0,256}):[^\s"'<>]{0,256}@/g
/** Of addresses that are signed beforehand. */
const signatures = /([?&][\w-]{0,40}sig(?:nature)?=)[^&\s"']+/gi
const headers = /(authorization\\*["']?\s*[:=]\s*\\*["']?(?:basic|bearer)\s+)[^\s"',}]+/gi
const privateKeys = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g
/** Whose transaction a signed meter value belongs to (OCMF 1.0: user assignment), within JSON or XML as well. */
const signedTags =
  /((?:\\{0,8}"|&quot;)ID(?:\\{0,8}"|&quot;)\s*:\s*)(?:(\\{0,8}"|&quot;)([\s\S]*?)(?:(?<!\\)\2|$)|([^\s"\\,}]+))/g
/** A signed record (`OCMF`) as base64, its lines broken or not, or as hexadecimal digits. */
const signedInBase64 = /T0NNR(?:[\w+/-]|\r?\n)+={0,2}/g
const signedInHex = /4f434d46(?:[\da-f]{2})*/gi
const escaped = /\\u00([2-7][\da-f])/gi

/** The name of a member or configuration key that holds a tag. */
export function looksLikeTag(name: string): boolean {
  return tagName.test(name)
}

/** The name of a member that holds what a meter signed. */
export function looksSigned(name: string): boolean {
  return signed.test(name)
}

/** Whether whoever reads may see who charged. */
export function isShared(shownTag: ShownTag): boolean {
  return shownTag('shared') === 'shared'
}

/** Cheap: most texts hold nothing that maskText would hide. */
export function mayHide(text: string): boolean {
  return hint.test(text)
}

/** A text that is no JSON, without secrets: found by the names before them, and rather too much hidden than too little. */
export function maskText(text: string, shownTag: ShownTag): string {
  const shown = text
    .replace(escaped, unescaped)
    .replace(tags, (whole: string, name: string) => `${name}"${shownTag(bare(whole.slice(name.length)))}"`)
  return maskOthers(shown, shownTag)
}

/** All secrets but the tags that have a name. */
function maskOthers(text: string, shownTag: ShownTag): string {
  let shown = text
    .replace(privateKeys, HIDDEN)
    .replace(passwords, `$1:${HIDDEN}@`)
    .replace(signatures, `$1${HIDDEN}`)
    .replace(headers, `$1${HIDDEN}`)
  if (isSecretive.test(shown)) shown = hidden(hidden(shown, values), secrets)
  if (shown.includes('OCMF'))
    shown = shown.replace(signedTags, (_, name: string, quote = '', quoted = '', word = '') =>
      quote === '' ? `${name}"${shownTag(bare(word))}"` : `${name}${quote}${shownTag(bare(quoted))}${quote}`,
    )
  return shown
    .replace(signedInBase64, (record) => unlessSame(record, 'base64', shownTag))
    .replace(signedInHex, (record) => unlessSame(record, 'hex', shownTag))
}

/** A record as it is to be read where something in it is hidden, else as it was written. */
function unlessSame(record: string, form: 'base64' | 'hex', shownTag: ShownTag): string {
  const read = Buffer.from(record, form).toString()
  const shown = maskOthers(read, shownTag)
  return shown === read ? record : shown
}

/**
 * The same for a message that is damaged. Where it holds a password or a signed value, or has to hold a tag and the tag's
 * name isn't found, all of the payload is left out.
 */
export function maskDamaged(text: string, shownTag: ShownTag): string {
  if (!mayHide(text) && !tagged.test(text)) return text
  const plain = text.replace(escaped, unescaped).replace(privateKeys, HIDDEN)
  const isDangerous =
    isSecretive.test(plain) ||
    (signed.test(plain) && !isShared(shownTag)) ||
    (tagged.test(plain) && plain.search(damagedTags) === -1)
  const payload = plain.indexOf('{')
  if (isDangerous && payload !== -1) return `${plain.slice(0, payload)}{…`
  if (isDangerous)
    return `${plain.slice(0, endOf(isSecretive, plain) ?? endOf(tagged, plain) ?? endOf(signed, plain))}…`
  const shown = plain.replace(damagedTags, (_, word?: string, bareTag = '', quoted = '', tag = '') =>
    word === undefined ? quoted + shownTag(bare(tag)) : word + shownTag(bare(bareTag)),
  )
  return maskOthers(shown, shownTag)
}

/** Behind the first place where a pattern fits. */
function endOf(pattern: RegExp, text: string): number | undefined {
  const found = pattern.exec(text)
  return found === null ? undefined : found.index + found[0].length
}

function hidden(text: string, pattern: RegExp): string {
  return text.replace(pattern, (_, name: string) => `${name}"${HIDDEN}"`)
}

function bare(value: string): string {
  return idTag(value.slice(0, 64).replace(/^[\\"'\s:=]+|[\\"'\s]+$/g, '')) ?? ''
}

/** A letter that is written by its number; what would end a text stays as it is. */
function unescaped(whole: string, digits: string): string {
  const letter = String.fromCharCode(Number.parseInt(digits, 16))
  return letter === '"' || letter === '\\' ? whole : letter
}
