/** BACnetEventState (clause 21). */
export const eventStates = {
  normal: 0,
  fault: 1,
  offnormal: 2,
  'high-limit': 3,
  'low-limit': 4,
  'life-safety-alarm': 5,
} as const

/** BACnetEventType (clause 21). */
export const eventTypes = {
  'change-of-bitstring': 0,
  'change-of-state': 1,
  'change-of-value': 2,
  'command-failure': 3,
  'floating-limit': 4,
  'out-of-range': 5,
  'change-of-life-safety': 8,
  extended: 9,
  'buffer-ready': 10,
  'unsigned-range': 11,
  'access-event': 13,
  'double-out-of-range': 14,
  'signed-out-of-range': 15,
  'unsigned-out-of-range': 16,
  'change-of-characterstring': 17,
  'change-of-status-flags': 18,
  'change-of-reliability': 19,
  none: 20,
  'change-of-discrete-value': 21,
  'change-of-timer': 22,
} as const

/** BACnetNotifyType (clause 21). */
export const notifyTypes = { alarm: 0, event: 1, 'ack-notification': 2 } as const

/** BACnetEventTransitionBits (clause 21): the place in arrays and bit strings of three. */
export const eventTransitions = { 'to-offnormal': 0, 'to-fault': 1, 'to-normal': 2 } as const

/** BACnetReliability (clause 21). */
export const reliabilities = {
  'no-fault-detected': 0,
  'no-sensor': 1,
  'over-range': 2,
  'under-range': 3,
  'open-loop': 4,
  'shorted-loop': 5,
  'no-output': 6,
  'unreliable-other': 7,
  'process-error': 8,
  'multi-state-fault': 9,
  'configuration-error': 10,
  'communication-failure': 12,
  'member-fault': 13,
  'monitored-object-fault': 14,
  tripped: 15,
  'lamp-failure': 16,
  'activation-failure': 17,
  'renew-dhcp-failure': 18,
  'renew-fd-registration-failure': 19,
  'restart-auto-negotiation-failure': 20,
  'restart-failure': 21,
  'proprietary-command-failure': 22,
  'faults-listed': 23,
  'referenced-object-fault': 24,
  'multi-state-out-of-range': 25,
} as const
