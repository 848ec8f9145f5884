import { type Handlers, result, status } from '../answer.ts'

type LocalAuthListManagement = 'GetLocalListVersion' | 'SendLocalList'

/** The LocalAuthListManagement profile (OCPP 1.6 5.10, 5.15); a list that is switched off has no version. */
export const localAuthListManagement: Handlers<LocalAuthListManagement> = {
  GetLocalListVersion: ({ authorization, configuration }) =>
    result({ listVersion: configuration.is('LocalAuthListEnabled') ? authorization.list.version : -1 }),

  SendLocalList({ authorization, configuration }, request) {
    if (!configuration.is('LocalAuthListEnabled')) return status('NotSupported')
    const maxLength = configuration.number('LocalAuthListMaxLength')
    const maxSent = configuration.number('SendLocalListMaxLength')
    return status(authorization.list.update(request, { maxLength, maxSent }))
  },
}
