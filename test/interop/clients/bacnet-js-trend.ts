import { Client } from './bacnet-js-client.ts'

const TREND_LOG = 20
const TOTAL_RECORD_COUNT = 145

export interface TrendOptions {
  /** Of the client. */
  readonly address: string
  readonly port: number
  /** Of the bridge. */
  readonly bridge: string
  /** The trend log, in the device itself or in a virtual one behind it. */
  readonly instance: number
  /** Wait until it has recorded so many. */
  readonly records: number
}

export interface TrendResult {
  readonly total: number
  readonly itemCount: number
  /** FIRST_ITEM, LAST_ITEM, MORE_ITEMS. */
  readonly flags: readonly number[]
  readonly values: readonly { readonly at: number; readonly value: unknown; readonly isLogStatus: boolean }[]
}

/** Waits for records of a trend log, and reads all of them. */
export async function readTrend({ address, port, bridge, instance, records }: TrendOptions): Promise<TrendResult> {
  const client = new Client({ port, interface: address, broadcastAddress: '127.0.0.1', apduTimeout: 4000 })
  await new Promise((resolve) => setTimeout(resolve, 100))
  try {
    const receiver = { address: bridge }
    const objectId = { type: TREND_LOG, instance }
    const total = async () =>
      Number((await client.readProperty(receiver, objectId, TOTAL_RECORD_COUNT)).values[0]?.value)
    let count = await total()
    for (let tries = 0; count < records; tries += 1) {
      if (tries === 200) throw new Error(`${count} records, not ${records}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
      count = await total()
    }
    const { itemCount, resultFlag, values } = (await client.readRange(receiver, objectId, 1, 100)) as unknown as {
      itemCount: number
      resultFlag: { value: number[] }
      values: { timestamp: Date; value: unknown; isLogStatus?: boolean }[]
    }
    return {
      total: count,
      itemCount,
      flags: resultFlag.value,
      values: values.map(({ timestamp, value, isLogStatus }) => ({
        at: Number(timestamp),
        value,
        isLogStatus: isLogStatus === true,
      })),
    }
  } finally {
    client.close()
  }
}
