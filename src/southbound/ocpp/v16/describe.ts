import type { Message } from '../../../core/history.ts'
import { type Frame, parseFrame, parseText } from '../wire/frame.ts'
import { hidesDoubles, mask } from './mask.ts'
import { maskDamaged, maskText, type ShownTag } from './mask-text.ts'
import { ofBridge } from './words/of-bridge.ts'
import { ofCharger } from './words/of-charger.ts'
import { list, object, said } from './words/phrase.ts'

/** A message as the general log has it. */
export interface Described {
  readonly sender: Message['from']
  /** `BootNotificationRequest`, `HeartbeatConfirmation`, `StatusNotificationError`, `Unreadable`. */
  readonly type: string
  /** One line for people. */
  readonly message: string
  /** As it went over the wire, without secrets; of a very long one the beginning, and how much is missing. */
  readonly frame: string
}

const LONGEST_MESSAGE = 500
const LONGEST_ACTION = 50
/** A charger's trace in one message is not to fill the log. */
const LONGEST_FRAME = 100_000
/** Nearly all lines are. */
const ordinary = /^[\x20-\x7e]*$/
const endings: Readonly<Record<Message['form'], string>> = {
  call: 'Request',
  result: 'Confirmation',
  error: 'Error',
  nonsense: 'Unreadable',
}
const sentences = new Map(Object.entries({ ...ofCharger, ...ofBridge }))

/** A message for people and without secrets; never throws, whatever a charger wrote. */
export function describe(message: Message, shownTag: ShownTag): Described {
  const { action, form, from, text } = message
  const named = sentences.has(action) ? action : printable(maskText(action, shownTag))
  const type = form === 'nonsense' ? endings.nonsense : `${named}${endings[form]}`
  let sent: unknown
  try {
    sent = parseText(text)
  } catch {
    // A database of texts takes no NUL.
    const frame = maskDamaged(text, shownTag).replaceAll('\0', '\ufffd')
    return { sender: from, type, message: cut(unreadable(text, frame)), frame: kept(frame) }
  }
  const shown = mask(sent, shownTag)
  const frame = shown === sent && !hidesDoubles(text, sent) ? text : JSON.stringify(shown)
  const words = form === 'nonsense' ? unreadable(text, frame) : wordsOf(message, Array.isArray(shown) ? shown : [])
  return { sender: from, type, message: cut(words), frame: kept(frame) }
}

function wordsOf({ action, at, form }: Message, frame: readonly unknown[]): string {
  if (form === 'error') {
    const details = JSON.stringify(object(frame[4]))
    const code = [said(frame[2], 60) ?? 'No code', said(frame[3])].filter((each) => each !== undefined).join(': ')
    return list(code, details === '{}' ? undefined : details)
  }
  const payload = form === 'call' ? frame[3] : frame[2]
  const known = sentences.get(action)?.[form === 'call' ? 'request' : 'confirmation']
  if (known !== undefined) return known(object(payload), at)
  const told = JSON.stringify(payload) ?? '{}'
  // An answer that nobody waits for any more.
  return action === '' ? `Answer to no call that waits: ${told}` : told
}

/** Why it is no message, and how it begins. */
function unreadable(text: string, shown: string): string {
  if (text.trim() === '') return 'An empty text'
  const read: Frame = parseFrame(text)
  const why = read.kind === 'bad' ? read.reason : 'no JSON'
  return `Not understood (${why}): ${shown}`
}

function printable(action: string): string {
  return action.slice(0, LONGEST_ACTION).replace(/[^\x21-\x7e]/g, '?')
}

function kept(frame: string): string {
  if (frame.length <= LONGEST_FRAME) return frame
  // No half of a character.
  const start = frame.slice(0, LONGEST_FRAME).replace(/[\ud800-\udbff]$/, '')
  return `${start}… (${frame.length - start.length} more characters)`
}

function cut(words: string): string {
  const start = words.slice(0, 2 * LONGEST_MESSAGE)
  const line = ordinary.test(start) ? start : start.replace(/[\p{C}\s]+/gu, ' ').trim()
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE - 1)}…` : line
}
