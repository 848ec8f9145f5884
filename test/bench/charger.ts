import type { WebSocket } from 'ws'

/** What a charger tells of connector 1. */
export function meterValues(n: number, power: number): string {
  return JSON.stringify([
    2,
    String(n),
    'MeterValues',
    {
      connectorId: 1,
      meterValue: [
        {
          timestamp: new Date().toISOString(),
          sampledValue: [
            {
              value: String(100_000 + n),
              measurand: 'Energy.Active.Import.Register',
              unit: 'Wh',
              context: 'Sample.Periodic',
            },
            { value: String(power), measurand: 'Power.Active.Import', unit: 'W', context: 'Sample.Periodic' },
            ...['L1', 'L2', 'L3'].flatMap((phase) => [
              { value: '16.1', measurand: 'Current.Import', phase, unit: 'A', context: 'Sample.Periodic' },
              { value: '231.4', measurand: 'Voltage', phase: `${phase}-N`, unit: 'V', context: 'Sample.Periodic' },
            ]),
          ],
        },
      ],
    },
  ])
}

/** Says who it is, and accepts whatever it is asked. */
export async function boot(socket: WebSocket): Promise<void> {
  socket.on('message', (data: Buffer) => {
    const [type, id, action] = JSON.parse(data.toString()) as [number, string, string]
    if (type === 2)
      socket.send(
        JSON.stringify([3, id, action === 'GetConfiguration' ? { configurationKey: [] } : { status: 'Accepted' }]),
      )
  })
  const answered = new Promise<void>((resolve) => socket.once('message', () => resolve()))
  socket.send(JSON.stringify([2, 'b', 'BootNotification', { chargePointVendor: 'Bench', chargePointModel: 'B1' }]))
  await answered
}
