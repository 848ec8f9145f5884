// Run in a network namespace: asks Who-Is by broadcast, prints each I-Am as {"deviceId", "address"}, ends when all are there.
interface Bacstack {
  on(event: 'iAm', listener: (message: { readonly deviceId: number; readonly address: string }) => void): void
  whoIs(): void
}

const { broadcast, until } = JSON.parse(process.argv[2] ?? '{}') as {
  readonly broadcast: string
  readonly until: readonly number[]
}
const { default: Client } = (await import('bacstack' as string)) as { default: new (options: object) => Bacstack }
const client = new Client({ port: 47_808, broadcastAddress: broadcast })
const missing = new Set(until)
client.on('iAm', ({ address, deviceId }) => {
  console.log(JSON.stringify({ address, deviceId }))
  if (missing.delete(deviceId) && missing.size === 0) process.exit(0)
})
// It does not tell when its socket is bound, which takes a turn of the event loop.
setTimeout(() => client.whoIs(), 200)

setTimeout(() => process.exit(1), 10_000)
