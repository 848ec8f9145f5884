import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Entry, History } from '../../src/core/history.ts'
import { createGateway } from '../../src/gateway.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Log } from '../../src/lib/log.ts'
import { formatProblem } from '../../src/lib/problem.ts'
import { draw } from '../../src/plan.ts'
import { ChargePoint } from '../../src/simulator/charge-point.ts'
import type { ChargePointOptions } from '../../src/simulator/options.ts'
import { connect } from '../../src/simulator/transport/socket.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

/**
 * The whole gateway on real sockets of its own, what it logged, and simulated chargers that call in. `ocpp` is what the
 * config's section of that name says more, `files` stand beside it.
 */
export async function liveSite(
  config: string,
  {
    ocpp = 'responseTimeout: 300ms',
    files = {},
    history,
  }: {
    readonly ocpp?: string
    readonly files?: Readonly<Record<string, string>>
    readonly history?: History
  } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'live-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  const file = join(folder, 'config.yaml')
  writeFileSync(file, `ocpp: { listen: "127.0.0.1:0", ${ocpp} }\nstore: sqlite:bridge.db\n${config}`)
  const { plan, problems } = draw(file)
  if (plan === undefined) throw new Error(problems.map(formatProblem).join('\n'))
  const logged: string[] = []
  const write = (fields: Readonly<Record<string, unknown>>, message: string) =>
    void logged.push(`${message} ${JSON.stringify(fields)}`)
  const log: Log = { debug: write, info: write, warn: write, error: write, debugs: true }
  const told: Entry[] = []
  const gateway = createGateway(plan, {
    clock: systemClock,
    log,
    store: openSqlite(plan.settings.store, systemClock),
    history: history ?? { tell: (entry) => void told.push(entry) },
  })
  const addresses = await gateway.start()
  const chargePoints: ChargePoint[] = []
  return {
    /** Of the config. */
    file,
    gateway,
    addresses,
    logged,
    /** What the history was told. */
    told,
    /** A charger that boots at once; `quirks` make it odd. */
    simulate(id: string, quirks: ChargePointOptions['quirks'] = {}): ChargePoint {
      const url = addresses.get('ocpp') ?? ''
      const chargePoint = new ChargePoint({
        id,
        connectors: 2,
        maxAmps: 32,
        phases: 3,
        clock: systemClock,
        random: () => 0.5,
        meterInterval: 60,
        connect: (handlers, habits) => connect({ ...habits, url, id }, systemClock, handlers),
        ...(quirks && { quirks }),
      })
      chargePoints.push(chargePoint)
      chargePoint.start()
      return chargePoint
    },
    async stop() {
      for (const each of chargePoints) each.stop()
      await gateway.stop()
      rmSync(folder, { recursive: true })
    },
  }
}
