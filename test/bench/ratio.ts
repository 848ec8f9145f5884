/** Odd: the one in the middle counts. */
const ROUNDS = 5

/** Prints what share of the rate of `bare` that of `bridge` is, measured in turns. */
export async function ratio(
  name: string,
  aim: number,
  bare: () => Promise<number>,
  bridge: () => Promise<number>,
  of = 'a bare echo',
): Promise<void> {
  // Neither has compiled what it runs most before it ran it for a while.
  await bare()
  await bridge()
  const rounds: { readonly share: number; readonly echo: number; readonly own: number }[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const [echo, own] = [await bare(), await bridge()]
    rounds.push({ share: own / echo, echo, own })
  }
  rounds.sort((a, b) => a.share - b.share)
  const [least, most] = [rounds[0], rounds.at(-1)].map((round) => (round?.share ?? 0).toFixed(2))
  const { echo, own, share } = rounds[Math.floor(ROUNDS / 2)] ?? { echo: 0, own: 0, share: 0 }
  console.log(
    `${name.padEnd(44)} ${share.toFixed(2)} of ${of} (${least} to ${most}; aim ${aim}); about ${Math.round(own)}/s against ${Math.round(echo)}/s`,
  )
}
