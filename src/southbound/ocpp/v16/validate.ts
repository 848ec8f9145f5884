import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
// The package's front door compiles the schemas of three versions at once, which takes longer than all else at start.
import * as schemas from 'typed-ocpp/dist/ocpp16/schemas.js'

// strict: false, because the published schemas carry keywords that ajv's strict mode doesn't like.
// multipleOfPrecision: a limit of 17.9 is a multiple of 0.1, whatever binary fractions say.
const ajv = new Ajv({ strict: false, allErrors: false, multipleOfPrecision: 6 })
// A default import of a CommonJS module: at run time it is the function itself or carries it.
const addFormats = 'default' in formats ? formats.default : formats
addFormats(ajv as never)

const compiled = new Map<string, ValidateFunction | undefined>()

/** What is wrong with a payload by the schema of 1.6 (`SetChargingProfileRequest` and so on); undefined: nothing. */
export function violation(schema: string, payload: unknown): string | undefined {
  if (!compiled.has(schema)) {
    const known = (schemas as Readonly<Record<string, object>>)[schema]
    compiled.set(schema, known === undefined ? undefined : ajv.compile(known))
  }
  const validate = compiled.get(schema)
  if (validate === undefined || validate(payload)) return undefined
  return describe(validate.errors?.[0])
}

/** Where it is, and what: ajv's own words say neither which key is too many nor which values there are. */
function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'invalid'
  const { additionalProperty, allowedValues } = error.params as {
    readonly additionalProperty?: string
    readonly allowedValues?: readonly string[]
  }
  const detail = additionalProperty?.slice(0, 60) ?? allowedValues?.join(', ')
  const words = `${error.instancePath || '/'} ${error.message ?? 'is invalid'}`
  return detail === undefined ? words : `${words}: ${detail}`
}
