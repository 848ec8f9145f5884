import { loadSerial } from '../../src/northbound/modbus/transport/serial-port.ts'
import { hasSocat, openPty } from '../support/pty.ts'
import { rtu } from '../support/rtu.ts'
import { startBridge, stop } from './bridge.ts'

const ROUNDS = 2000
const LINE = { baudRate: 115_200, parity: 'even', stopBits: 1 } as const
const READ_100 = rtu('01 03 0064 0064')
const ANSWER_BYTES = 205

/** From the request to the last byte of its answer, over a pair of pseudo-terminals (which know no baud rate). */
export async function turnaround(): Promise<void> {
  const title = 'Modbus RTU read of 100 registers, on a pty'.padEnd(44)
  if (!hasSocat) {
    console.log(`${title} skipped: socat is not installed`)
    return
  }
  const pty = await openPty()
  const bridge = await startBridge('serial', 10, `{ rtu: { port: ${pty.near}, baudRate: ${LINE.baudRate} } }`)
  let bytes = 0
  let answered = () => {}
  const open = await loadSerial()
  const master = await open(
    { ...LINE, port: pty.far },
    {
      received(chunk) {
        bytes += chunk.length
        if (bytes >= ANSWER_BYTES) answered()
      },
      lost: (reason) => console.error(reason),
    },
  )
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    bytes = 0
    const answer = new Promise<void>((resolve) => {
      answered = resolve
    })
    const began = performance.now()
    master.write(READ_100)
    await answer
    times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => `${(times[Math.floor(ROUNDS * share)] ?? 0).toFixed(2)} ms`
  console.log(`${title} median ${at(0.5)} (aim 2 ms), 99 % ${at(0.99)}`)
  await master.close()
  await stop(bridge.child)
  await pty.close()
}
