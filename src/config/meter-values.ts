import { z } from 'zod'
import { measurands } from '../core/points/meter-point.ts'
import { duration } from '../lib/schema.ts'

const measurand = z
  .string()
  .refine(
    (text) => Object.hasOwn(measurands, text.replace(/\.(L[123]|N|L[123]-N|L1-L2|L2-L3|L3-L1)$/, '')),
    'write a measurand of OCPP 1.6 (7.31), such as Power.Active.Import, with or without a phase',
  )

/** What a charger is told to measure while it charges; what is absent is left to it. */
export const meterValues = z.strictObject({
  interval: duration().optional(),
  measurands: z.array(measurand).min(1).optional(),
})
