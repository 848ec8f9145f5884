import { expect, vi } from 'vitest'
import type { Point, Value } from '../../../src/core/points/point.ts'
import { liveSite } from '../../support/live-site.ts'
import { type Dial, OcttCharger, type Payload } from './octt-charger.ts'

/** The tags that the test cases speak of. */
export const VALID = 'OCTT-VALID'
export const EXPIRED = 'OCTT-EXPIRED'
export const INVALID = 'OCTT-INVALID'
export const AUTHORIZE = `authorize: { mode: noneExcept, allow: [${VALID}, { idTag: ${EXPIRED}, expires: 2020-01-01 }], deny: [OCTT-BLOCKED], localList: false }`

const building = { source: 'BACnet', client: 'bacnet:127.0.0.9' } as const

export interface OcttSiteOptions {
  /** Identifiers, each with what its entry in the config says more. */
  readonly chargers: Readonly<Record<string, string>>
  readonly ocpp?: string
  readonly files?: Readonly<Record<string, string>>
}

/** The bridge as the test cases' central system: chargers come in over real sockets, users write points and make calls. */
export async function octtSite({ chargers, files = {}, ocpp = AUTHORIZE }: OcttSiteOptions) {
  const entries = Object.entries(chargers).map(
    ([id, more]) =>
      `  - { id: ${id}, name: ${id}, mapping: full, connectors: 2, electrical: { maxCurrent: 32 }${more} }\n`,
  )
  const site = await liveSite(`web: { listen: "127.0.0.1:0" }\nchargers:\n${entries.join('')}`, {
    ocpp: `responseTimeout: 5s, ${ocpp}`,
    files,
  })
  const [plain = '', secure = ''] = (site.addresses.get('ocpp') ?? '').split(',')
  const made: OcttCharger[] = []

  function point(charger: string | undefined, connector: number, name: string): Point {
    const found = site.gateway.points.find(
      (each) => each.charger?.id === charger && each.connector === connector && each.definition.name === name,
    )
    if (found === undefined) throw new Error(`no point ${name} at connector ${connector} of ${charger}`)
    return found
  }

  return {
    ...site,
    plain,
    secure,
    charger(id: string): OcttCharger {
      const charger = new OcttCharger(plain, id)
      made.push(charger)
      return charger
    },
    /** A charger that has booted. */
    async booted(id: string, dial: Dial = {}, url = plain): Promise<OcttCharger> {
      const charger = this.charger(id)
      await charger.connect(dial, url)
      await charger.boot()
      return charger
    },
    /** A write of the building. */
    write(charger: string | undefined, connector: number, name: string, value: Value): void {
      expect(site.gateway.downlink.write(point(charger, connector, name), value, building)).toBeUndefined()
    },
    /** What the building sees, now. */
    value: (charger: string, connector: number, name: string) => point(charger, connector, name).value,
    /** Waits until the building sees it; states by their names. */
    async shows(charger: string, connector: number, name: string, value: Value): Promise<void> {
      const shown = point(charger, connector, name)
      const { states } = shown.definition
      await vi.waitFor(() => {
        const seen = states === undefined ? shown.value : states[Number(shown.value)]
        expect({ name, value: seen }).toEqual({ name, value })
      }, 4_000)
    },
    /** A call by hand; resolves with the charger's answer. */
    async call(charger: string, action: string, payload: Payload): Promise<Payload> {
      const response = await fetch(`${site.addresses.get('web')}/api/chargers/${charger}/call`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ action, payload }),
      })
      const body = (await response.json()) as { readonly answer?: Payload }
      expect({ status: response.status, body }).toMatchObject({ status: 200 })
      return body.answer ?? {}
    },
    /** After each test: the bridge has broken no schema and made no call that nobody asked for. */
    async over(): Promise<void> {
      const faults = made.flatMap((each) => each.faults)
      for (const each of made.splice(0)) await each.disconnect()
      expect(faults).toEqual([])
    },
  }
}

export type OcttSite = Awaited<ReturnType<typeof octtSite>>

/** An entry for each, with nothing more in it. */
export function plainChargers(...ids: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(ids.map((id) => [id, '']))
}
