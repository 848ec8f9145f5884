import type { Place } from './place.ts'

/** Where the bridge listens, as far as mbpoll can reach it. */
export interface Listeners {
  readonly tcp?: { readonly listen: { readonly host: string; readonly port: number } } | undefined
  readonly rtu?:
    | {
        readonly port: string
        readonly baudRate: number
        readonly parity: string
        readonly stopBits: number
        /** The bridge's own unit on the line, where 0 is a broadcast. */
        readonly unit: number
      }
    | undefined
}

/** mbpoll's number of a table, by `-t`. */
const tables = { coil: 0, discrete: 1, input: 3, holding: 4 } as const

/** A listener on all addresses is reached on loopback: the line works where the bridge runs. */
const reachable: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/**
 * A line of mbpoll that reads a point once: as its number where mbpoll knows the type and the order of words, else its
 * registers in hexadecimal. Values are raw: times `scale` they are the point's. Undefined: no listener that mbpoll reaches.
 */
export function mbpollLine(listeners: Listeners, place: Place): string | undefined {
  const { tcp, rtu } = listeners
  const values = `-t ${tables[place.table]}${format(place)} -0 -r ${place.address} -c ${count(place)} -1`
  if (tcp !== undefined) {
    const { host, port } = tcp.listen
    return `mbpoll -m tcp -p ${port} -a ${place.unit} ${values} ${reachable[host] ?? host}`
  }
  if (rtu === undefined) return undefined
  const line = `-b ${rtu.baudRate} -P ${rtu.parity} -s ${rtu.stopBits}`
  return `mbpoll -m rtu ${line} -a ${place.unit === 0 ? rtu.unit : place.unit} ${values} ${quoted(rtu.port)}`
}

/** Of two registers, which order of words mbpoll knows: `-B` is the higher one first. */
function format({ type, wordOrder }: Place): string {
  switch (type) {
    case 'bit':
    case 'bits':
    case 'uint16':
    case 'int16':
    case 'bool':
      return ''
    case 'uint32':
    case 'int32':
    case 'float32': {
      const number = type === 'float32' ? ':float' : ':int'
      if (wordOrder === 'ABCD') return `${number} -B`
      return wordOrder === 'CDAB' ? number : ':hex'
    }
    default:
      return ':hex'
  }
}

/** mbpoll counts values, not registers. */
function count(place: Place): number {
  return format(place) === '' || format(place) === ':hex' ? place.words : 1
}

function quoted(path: string): string {
  return /^[\w./:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
