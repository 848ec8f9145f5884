import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'
// The package's front door compiles the schemas of three versions at once, which takes longer than all else at start.
import * as schemas from 'typed-ocpp/dist/ocpp16/schemas.js'

// strict: false, because the published schemas carry keywords that ajv's strict mode doesn't like.
const ajv = new Ajv({ strict: false, allErrors: false })
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

function describe(error: ErrorObject | undefined): string {
  return error === undefined ? 'invalid' : `${error.instancePath || '/'} ${error.message ?? 'is invalid'}`
}
