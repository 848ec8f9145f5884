import { startBridge, stop } from './bridge.ts'
import { boot, meterValues } from './charger.ts'
import { ratio } from './ratio.ts'
import { openWebSocket, webSocketRate } from './traffic.ts'

/** What the histories cost the way up: two bridges at once, of which one writes none. */
export async function recording(): Promise<void> {
  const without = await startBridge('without', 10, false, { more: ['history: false'] })
  const bridge = await startBridge('with', 10, false)
  const sockets = await Promise.all([without, bridge].map(({ ocpp }) => openWebSocket(`${ocpp}/CP-1`)))
  for (const socket of sockets) await boot(socket)
  let told = 0
  const make = (n: number) => {
    told += 1
    return meterValues(told, 7000 + (n % 1000))
  }
  const isAnswer = (text: string) => text.startsWith('[3')
  const [quiet, telling] = sockets.map((socket) => () => webSocketRate(socket, make, isAnswer))
  if (quiet !== undefined && telling !== undefined)
    await ratio('OCPP MeterValues with histories', 0.9, quiet, telling, 'one without')
  for (const socket of sockets) socket.terminate()
  await Promise.all([without, bridge].map(({ child }) => stop(child)))
}
