// Published orders: an entry's place is its number on Modbus and its number + 1 on BACnet. Never reorder; `Unknown` stays last.

/** The nine states of a connector, in the order of OCPP 1.6 7.7 and of the register that clients poll. */
export const connectorStatuses = [
  'Available',
  'Preparing',
  'Charging',
  'SuspendedEVSE',
  'SuspendedEV',
  'Finishing',
  'Reserved',
  'Unavailable',
  'Faulted',
  'Unknown',
] as const
export type ConnectorStatus = Exclude<(typeof connectorStatuses)[number], 'Unknown'>

export const errorCodes = [
  'NoError',
  'ConnectorLockFailure',
  'EVCommunicationError',
  'GroundFailure',
  'HighTemperature',
  'InternalError',
  'LocalListConflict',
  'OtherError',
  'OverCurrentFailure',
  'OverVoltage',
  'PowerMeterFailure',
  'PowerSwitchFailure',
  'ReaderFailure',
  'ResetFailure',
  'UnderVoltage',
  'WeakSignal',
  'Unknown',
] as const
export type ErrorCode = Exclude<(typeof errorCodes)[number], 'Unknown'>

export const registrations = ['Accepted', 'Pending', 'Rejected', 'Unknown'] as const
export type Registration = 'accepted' | 'pending' | 'rejected'
export const registrationOrder: readonly Registration[] = ['accepted', 'pending', 'rejected']

export const authorizeModes = ['all', 'none', 'allExcept', 'noneExcept'] as const
export type AuthorizeMode = (typeof authorizeModes)[number]

/** What became of a command or an action. */
export const outcomes = [
  'Idle',
  'Pending',
  'Accepted',
  'Rejected',
  'Not supported',
  'No answer',
  'Offline',
  'Ignored',
  'Unknown',
] as const
export type Outcome =
  | 'idle'
  | 'pending'
  | 'accepted'
  | 'rejected'
  | 'not-supported'
  | 'no-answer'
  | 'offline'
  | 'ignored'
export const outcomeOrder: readonly Outcome[] = [
  'idle',
  'pending',
  'accepted',
  'rejected',
  'not-supported',
  'no-answer',
  'offline',
  'ignored',
]

/** What the building can want of a charger. */
export const commandNames = [
  'Limit',
  'Availability',
  'Start',
  'Stop',
  'Unlock',
  'Reset',
  'Clear cache',
  'Trigger',
  'Configuration',
  'Send limit',
  'Clear limit',
  'Unknown',
] as const
export type CommandName = Exclude<(typeof commandNames)[number], 'Unknown'>

/** By the kind of what a charger is told, or of an action of the bridge's own. */
export const commandOf: Readonly<Record<string, CommandName>> = {
  'set-limit': 'Limit',
  'clear-limit': 'Limit',
  'set-availability': 'Availability',
  'write-configuration': 'Configuration',
  start: 'Start',
  stop: 'Stop',
  unlock: 'Unlock',
  reset: 'Reset',
  clearCache: 'Clear cache',
  trigger: 'Trigger',
  'smartCharging.set': 'Send limit',
  'smartCharging.clear': 'Clear limit',
}

/** Who or what decided the limit in force. */
export const limitReasons = [
  'Nobody',
  'BACnet',
  'Modbus',
  'Web',
  'Charger limit',
  'Rating',
  'Default',
  'Disabled',
  'Group',
  'Schedule',
  'Fallback',
  'Unknown',
] as const
export type LimitReason = Exclude<(typeof limitReasons)[number], 'Unknown'>

/** How a limit is known to be in force: the charger said so; readings or its own schedule bear it out; or it draws more. */
export const limitEvidences = ['None', 'Accepted', 'Verified', 'Not honoured', 'Unknown'] as const
export type LimitEvidence = Exclude<(typeof limitEvidences)[number], 'Unknown'>

/** What a charger can be asked to send at once (OCPP 1.6 7.33). Place 0 of the action is Idle. */
export const triggerMessages = [
  'BootNotification',
  'Heartbeat',
  'StatusNotification',
  'MeterValues',
  'DiagnosticsStatusNotification',
  'FirmwareStatusNotification',
] as const
export type TriggerMessage = (typeof triggerMessages)[number]

export const profileKinds = ['auto', 'Absolute', 'Recurring', 'Relative'] as const
export type ProfileKind = (typeof profileKinds)[number]
export const profilePurposes = ['auto', 'ChargePointMaxProfile', 'TxDefaultProfile', 'TxProfile'] as const
export type ProfilePurpose = (typeof profilePurposes)[number]
export const profileUnits = ['auto', 'A', 'W'] as const
export type ProfileUnit = (typeof profileUnits)[number]
export const recurrencies = ['Daily', 'Weekly'] as const
export type Recurrency = (typeof recurrencies)[number]

/** What is said of a tag: as the standard's AuthorizationStatus, in core's words. */
export type Authorization = 'accepted' | 'blocked' | 'expired' | 'invalid' | 'concurrent'
