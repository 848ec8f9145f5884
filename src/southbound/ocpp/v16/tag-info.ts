import type { Permission } from '../../../core/charger/authorize.ts'
import type { Authorization } from '../../../core/charger/vocabulary.ts'
import type { Responses } from './messages.ts'

type IdTagInfo = Responses['Authorize']['idTagInfo']

const authorizationStatus: Record<Authorization, IdTagInfo['status']> = {
  accepted: 'Accepted',
  blocked: 'Blocked',
  expired: 'Expired',
  invalid: 'Invalid',
  concurrent: 'ConcurrentTx',
}

/** What is said of a tag, as IdTagInfo (OCPP 1.6 7.27). */
export function tagInfo({ authorization, expires, parent }: Permission): IdTagInfo {
  return {
    status: authorizationStatus[authorization],
    ...(expires !== undefined && { expiryDate: new Date(expires).toISOString() }),
    ...(parent !== undefined && { parentIdTag: parent }),
  }
}
