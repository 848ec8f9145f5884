import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseBvlc } from '../../src/northbound/bacnet/wire/bvlc.ts'
import { local, oid } from '../unit/northbound/bacnet/support.ts'
import { octets } from './octets.ts'
import { udpPayloads } from './pcap.ts'
import { routed } from './site.ts'

const folder = join(import.meta.dirname, '../vectors/bacnet/captures')

/** Requests that the tests' own objects understand, which no capture holds. */
const own = [
  // Reading: one, several, all of a device in small segments, a segment that begins, one that follows.
  `00 05 01 0c 0c${oid(0, 1)} 19 55`,
  `00 05 02 0e 0c${oid(0, 1)} 1e 09 08 1f`,
  `02 00 03 0e 0c${oid(8, 1234)} 1e 09 08 1f`,
  `02 01 04 0c 0c${oid(8, 1234)} 19 4c`,
  `0e 05 05 00 04 0e 0c${oid(0, 1)} 1e 09 55`,
  '0e 05 05 01 04 0e 09 6f 09 67',
  '0a 05 05 02 04 0e 1f',
  '40 03 00 04',
  '42 03 01 02',
  '70 03 00',
  // Writing: with a priority, NULL, several, a property of the object itself, elements of a list.
  `00 05 06 0f 0c${oid(1, 1)} 19 55 3e 44 41800000 3f 49 08`,
  `00 05 06 0f 0c${oid(1, 1)} 19 55 3e 00 3f 49 08`,
  `00 05 07 10 0c${oid(1, 1)} 1e 09 55 2e 44 41400000 2f 39 09 1f 0c${oid(5, 1)} 1e 09 51 2e 11 2f 1f`,
  `0c 05 08 00 01 10 0c${oid(1, 1)} 1e 09 55 2e`,
  '08 05 08 01 01 10 44 41400000 2f 39 09 1f',
  `00 05 09 0f 0c${oid(0, 1)} 19 16 3e 44 3f800000 3f`,
  `00 05 09 0f 0c${oid(0, 1)} 19 51 3e 11 3f`,
  `00 05 0a 08 0c${oid(15, 1)} 19 66 3e 82 01 fe b4 00000000 b4 17 3b 3b 63 1e 21 00 65 06 7f 00 00 09 ba c0 1f 21 07 10 82 05 e0 3f`,
  `00 05 0a 09 0c${oid(15, 1)} 19 66 3e 82 01 fe b4 00000000 b4 17 3b 3b 63 1e 21 00 65 06 7f 00 00 09 ba c0 1f 21 07 10 82 05 e0 3f`,
  // Subscribing: for a minute, confirmed, to a property; cancelling.
  `00 05 0b 05 09 07 1c${oid(0, 1)} 29 00 39 3c`,
  `00 05 0b 05 09 07 1c${oid(0, 1)} 29 01 39 3c`,
  `00 05 0b 05 09 07 1c${oid(0, 1)}`,
  `00 05 0c 1c 09 07 1c${oid(0, 1)} 29 00 39 3c 4e 09 55 4f 5c 3f000000`,
  `00 05 0c 1c 09 07 1c${oid(0, 1)} 29 01 39 3c 4e 09 67 4f`,
  `00 05 0c 1c 09 07 1c${oid(0, 1)} 4e 09 55 4f`,
  '20 00 01',
  // Alarms.
  `00 05 0d 00 09 01 1c${oid(0, 2)} 29 03 3e 19 01 3f 4d 04 00 62 6d 73 5e 19 02 5f`,
  '00 05 0e 03',
  '00 05 0f 04 09 00',
  '02 00 10 1d',
  `00 05 10 1d 0c${oid(0, 2)}`,
  // Management and time.
  '00 05 11 11 09 01 19 02 2d 07 00 73 65 63 72 65 74',
  '00 05 11 11 19 00 2d 07 00 73 65 63 72 65 74',
  '00 05 12 14 09 01 1d 07 00 73 65 63 72 65 74',
  '10 06 a4 7e 01 01 04 b4 0c 00 00 00',
  '10 09 a4 7e 01 01 04 b4 0c 00 00 00',
  '10 08',
  '10 08 09 00 1b 3fffff',
  '10 07 3d 05 00 53 69 74 65',
  '10 00 c4 02000001 22 05c4 91 00 21 0f',
]

/** Messages of the network layer (6.4): who is a router, reject, what number, disconnect, and one that nobody knows. */
const network = [
  '0180 00',
  '0180 00 07d0',
  '0180 01 07d1',
  '0180 03 01 07d0',
  '0180 12',
  '0180 13 0001 01',
  '0180 06 00',
  '0180 7f',
]
/** The data link (annex J): tables, registration, distribution, results. */
const link = [
  '8102 0004',
  '8105 0006 003c',
  '8106 0004',
  '8108 000a 7f000009bac0',
  '8109 0008 0100 1008',
  '8100 0006 0000',
  '8101 000e 7f000009bac0 ffffffff',
]

/** Datagrams of every kind that are well-formed: those of other stacks, and those of this file to the bridge and to a charger. */
export function validFrames(charger: number): readonly Uint8Array[] {
  const captured = readdirSync(folder)
    .filter((name) => name.endsWith('.pcap'))
    .flatMap((name) => [...udpPayloads(join(folder, name))])
    .filter((bytes) => parseBvlc(bytes) !== undefined)
  const npdu = (hex: string) => {
    const bytes = hex.replaceAll(' ', '')
    return `810a${(bytes.length / 2 + 4).toString(16).padStart(4, '0')}${bytes}`
  }
  const made = [
    ...own.map(local),
    ...own.map((apdu) => routed(charger, apdu)),
    ...own.map((apdu) => npdu(`0120 ffff 00 ff ${apdu}`)),
    // From a station behind a router.
    ...own.map((apdu) => npdu(`010c 0007 01 05 ${apdu}`)),
    ...network.map(npdu),
    ...link,
    ...own.map((apdu) => forwarded(apdu)),
  ]
  return [...captured, ...made.map(octets)]
}

function forwarded(apdu: string): string {
  const bytes = `7f000005bac00100${apdu.replaceAll(' ', '')}`
  return `8104${(bytes.length / 2 + 4).toString(16).padStart(4, '0')}${bytes}`
}
