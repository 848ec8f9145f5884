/** An address of 127.0.0.0/8 that no other process has: each pid (at the most 22 bits on Linux) has 1, 2 and 3 of them. */
export function loopback(n: 1 | 2 | 3): string {
  const bits = ((process.pid & 0x3f_ffff) << 2) | n
  return `127.${bits >> 16}.${(bits >> 8) & 0xff}.${bits & 0xff}`
}
