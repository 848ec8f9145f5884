/**
 * How long a frame is, with unit and CRC. more: its beginning doesn't say yet. unknown: nothing but the silence
 * behind it does.
 */
export type FrameLength = number | 'more' | 'unknown'

/** Unit, function, CRC. */
const SHORTEST = 4
const EXCEPTION = 5
const FIXED = 8
const DEVICE_IDENTIFICATION = 14

/** The length of a request (Modbus Application Protocol V1.1b3, 6) that begins at `at`, of which so many bytes are there. */
export function requestLength(bytes: Uint8Array, at: number, available: number): FrameLength {
  const counted = (place: number, beside: number) => countedLength(bytes, at, available, place, beside)
  if (available < 2) return 'more'
  switch (bytes[at + 1]) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 8:
      return FIXED
    case 7:
    case 11:
    case 12:
    case 17:
      return SHORTEST
    case 15:
    case 16:
      return counted(6, 9)
    case 20:
    case 21:
      return counted(2, 5)
    case 22:
      return 10
    case 23:
      return counted(10, 13)
    case 24:
      return 6
    case 43:
      if (available < 3) return 'more'
      return bytes[at + 2] === DEVICE_IDENTIFICATION ? 7 : 'unknown'
    default:
      return 'unknown'
  }
}

/** The length of what another device answers. */
export function answerLength(bytes: Uint8Array, at: number, available: number): FrameLength {
  if (available < 2) return 'more'
  const code = bytes[at + 1] ?? 0
  if (code >= 0x80) return EXCEPTION
  switch (code) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 12:
    case 17:
    case 20:
    case 21:
    case 23:
      return countedLength(bytes, at, available, 2, 5)
    case 5:
    case 6:
    case 8:
    case 11:
    case 15:
    case 16:
      return FIXED
    case 7:
      return EXCEPTION
    case 22:
      return 10
    case 24:
      // Its byte count has two bytes.
      return available < 4 ? 'more' : 6 + (((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
    default:
      return 'unknown'
  }
}

function countedLength(bytes: Uint8Array, at: number, available: number, place: number, beside: number): FrameLength {
  return available <= place ? 'more' : beside + (bytes[at + place] ?? 0)
}
