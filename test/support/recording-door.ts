import type { Permission } from '../../src/core/charger/authorize.ts'
import { Charger } from '../../src/core/charger/charger.ts'
import type { ChargerEvent, TransactionStart, TransactionStop } from '../../src/core/charger/event.ts'
import type { ChargerDoor, ChargerLink, Knock } from '../../src/core/ports.ts'
import { chargerSettings, fleetSettings } from './core.ts'

/** A door that lets everybody in and remembers what it was told. */
export class RecordingDoor implements ChargerDoor {
  readonly events: ChargerEvent[] = []
  readonly starts: TransactionStart[] = []
  readonly stops: TransactionStop[] = []
  readonly authorized: string[] = []
  readonly knocks: Knock[] = []
  readonly chargers = new Map<string, Charger>()
  nextTransactionId = 1000

  arrive(identifier: string): Charger {
    let charger = this.chargers.get(identifier.toLowerCase())
    if (charger === undefined) {
      charger = new Charger(
        { ...chargerSettings, id: identifier },
        { guest: false, connectors: 2, limits: fleetSettings.limits },
      )
      this.chargers.set(identifier.toLowerCase(), charger)
    }
    return charger
  }

  knocked(knock: Knock): void {
    this.knocks.push(knock)
  }

  knows(identifier: string): boolean {
    return this.chargers.has(identifier.toLowerCase())
  }

  connected(charger: Charger, link: ChargerLink): void {
    charger.link = link
  }

  disconnected(charger: Charger, link: ChargerLink): void {
    if (charger.link === link) charger.link = undefined
  }

  event(_charger: Charger, event: ChargerEvent): void {
    if (event.kind !== 'heard') this.events.push(event)
  }

  authorize(_charger: Charger, idTag: string): Permission {
    this.authorized.push(idTag)
    return { authorization: 'accepted' }
  }

  startTransaction(_charger: Charger, start: TransactionStart) {
    this.starts.push(start)
    this.nextTransactionId += 1
    return {
      transactionId: this.nextTransactionId,
      permission: { authorization: 'accepted' },
      repeated: false,
    } as const
  }

  stopTransaction(_charger: Charger, stop: TransactionStop): undefined {
    this.stops.push(stop)
  }
}
