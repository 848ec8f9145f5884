import type { Point } from '../points/point.ts'
import type { ChargerLink, ChargerSettings, LimitSettings } from '../ports.ts'
import { type Control, newControl } from './control.ts'
import { type ChargerState, newChargerState } from './state.ts'
import type { Registration } from './vocabulary.ts'

/** One charger: what it said, what it shall do, and how to reach it. Data only; fleet, apply-event and reconcile act. */
export class Charger {
  /** As the config says now: it may change while the charger is connected. */
  settings: ChargerSettings
  limits: LimitSettings
  /** Not in the config, or no longer: it may talk, but has no points. */
  guest: boolean
  readonly state: ChargerState
  /** What the building wants and what became of it, by connector. */
  readonly control: Control
  /** As configured, until the building writes another. */
  registration: Registration
  /** The open socket, if any. */
  link: ChargerLink | undefined
  /** The charger may be sent commands: Boot was answered Accepted or the back-stop fired. */
  ready: boolean
  /** As the building is shown it: depends on the socket and, by configuration, on silence. */
  online: boolean
  /** By connector; empty for a guest. */
  readonly points: Point[][]

  constructor(
    settings: ChargerSettings,
    options: { readonly guest: boolean; readonly connectors: number; readonly limits: LimitSettings },
  ) {
    this.settings = settings
    this.limits = options.limits
    this.guest = options.guest
    this.state = newChargerState(options.connectors)
    this.control = newControl(options.connectors, settings.electrical.kind === 'dc' ? 'W' : 'A')
    this.registration = settings.registration
    this.link = undefined
    this.ready = false
    this.online = false
    this.points = []
  }

  get id(): string {
    return this.settings.id
  }

  get connectorCount(): number {
    return this.state.connectors.length - 1
  }
}
