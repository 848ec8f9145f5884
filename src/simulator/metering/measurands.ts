/** What the meter of a simulated connector measures, named as MeterValuesSampledData names it (OCPP 1.6 7.31). */
export const measurands = [
  'Energy.Active.Import.Register',
  'Power.Active.Import',
  'Current.Import',
  'Voltage',
  'Current.Offered',
  'Power.Offered',
  'Temperature',
  'SoC',
] as const

export type MeasuredBy = (typeof measurands)[number]
