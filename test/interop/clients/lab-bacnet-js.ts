import bacnetJs from '@bacnet-js/client'

// Run in a network namespace: prints each I-Am that it hears as {"deviceId", "address", "net"}.
const Client = (typeof bacnetJs === 'function' ? bacnetJs : bacnetJs.default) as typeof bacnetJs.default

interface Options {
  /** Where Who-Is goes; undefined: nowhere. */
  readonly broadcast?: string
  /** Registers there as a foreign device, and has it distribute Who-Is, which this client does for the IP network alone. */
  readonly bbmd?: string
  /** Ends when these devices have answered. */
  readonly until?: readonly number[]
  /** Says that it is this device, whoever asks. */
  readonly pretend?: number
}

interface Message {
  readonly header: {
    readonly sender: { readonly address: string; readonly net?: number; readonly forwardedFrom?: string | null }
  }
  readonly payload: { readonly deviceId: number; readonly lowLimit?: number; readonly highLimit?: number }
}

const NO_SEGMENTATION = 3
const ALL_NETWORKS = 0xffff
const options = JSON.parse(process.argv[2] ?? '{}') as Options
const client = new Client({ port: 47_808, broadcastAddress: options.broadcast ?? '255.255.255.255', apduTimeout: 4000 })
const missing = new Set(options.until)

client.on('iAm', (message: unknown) => {
  const { header, payload } = message as Message
  const { address, forwardedFrom, net } = header.sender
  console.log(JSON.stringify({ deviceId: payload.deviceId, address: forwardedFrom ?? address, net }))
  if (missing.delete(payload.deviceId) && missing.size === 0) process.exit(0)
})
client.on('whoIs', (message: unknown) => {
  const { header, payload } = message as Message
  const { highLimit = 4_194_303, lowLimit = 0 } = payload
  const { pretend } = options
  if (pretend === undefined || pretend < lowLimit || pretend > highLimit) return
  const address = header.sender.forwardedFrom ?? header.sender.address
  client.iAmResponse({ address } as never, pretend, NO_SEGMENTATION, 555)
})
// Its socket is open when this is told; then it may speak.
client.on('listening', () => void ask())
if (options.pretend !== undefined) console.log(JSON.stringify('ready'))
else setTimeout(() => process.exit(1), 10_000)

async function ask(): Promise<void> {
  if (options.bbmd !== undefined) {
    await client.registerForeignDevice({ address: options.bbmd }, 60)
    client.whoIsThroughBBMD({ address: options.bbmd })
  } else if (options.broadcast !== undefined) client.whoIs({ net: ALL_NETWORKS } as never)
}
