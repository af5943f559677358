/** Random numbers that are the same for the same seed on every machine. */
export interface Random {
  /** 0 to 1, half open. */
  next(): number;
}

/** Chris Doty-Humphrey's sfc32, seeded through a splitmix step so that near seeds differ at once. */
export function seeded(seed: number): Random {
  let mixed = seed | 0;
  const word = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed ^ (mixed >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c] = [word(), word(), word()];
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let warm = 0; warm < 12; warm += 1) next();
  return { next };
}

/** Number of successes, exact: by the gaps between them, so its time grows with the successes. */
export function binomial(random: Random, trials: number, share: number): number {
  if (share <= 0) return 0;
  if (share > 0.5) return trials - binomial(random, trials, 1 - share);
  const scale = Math.log1p(-share);
  let successes = 0;
  for (let at = 0; ; successes += 1) {
    at += Math.floor(Math.log1p(-random.next()) / scale) + 1;
    if (at > trials) return successes;
  }
}

export function exponential(random: Random, mean: number): number {
  return -mean * Math.log1p(-random.next());
}

/** By Box and Muller; one of the two deviates is thrown away. */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log1p(-random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/** @param mean of the variable itself, not of its logarithm */
export function logNormal(random: Random, mean: number, sigma: number): number {
  return mean * Math.exp(sigma * normal(random) - (sigma * sigma) / 2);
}
