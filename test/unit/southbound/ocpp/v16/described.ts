import type { Message } from '../../../../../src/core/history.ts'
import { type Described, describe } from '../../../../../src/southbound/ocpp/v16/describe.ts'

/** When all messages of these tests come. */
const AT = Date.UTC(2026, 0, 2, 3, 4, 5)
export const NOW = '2026-01-02T03:04:05Z'

/** Shows which tag it was, so that a test sees where one stands. */
export const shownTag = (idTag: string): string => (idTag === '' ? '' : `#${idTag.length}`)

export function message(parts: Partial<Message> & Pick<Message, 'text'>): Message {
  return { kind: 'message', at: AT, charger: 'CP-1', from: 'charger', form: 'call', action: '', ...parts }
}

export function request(action: string, payload: unknown, shown = shownTag): Described {
  return describe(message({ action, text: JSON.stringify([2, 'id', action, payload]) }), shown)
}

export function confirmation(action: string, payload: unknown, shown = shownTag): Described {
  return describe(message({ action, form: 'result', text: JSON.stringify([3, 'id', payload]) }), shown)
}

export function nonsense(text: string, shown = shownTag): Described {
  return describe(message({ form: 'nonsense', text }), shown)
}
