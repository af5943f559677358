/** P values adjusted for testing several at once, in the order given. */
export interface AdjustedP {
  readonly bonferroni: readonly number[];
  readonly holm: readonly number[];
  readonly hochberg: readonly number[];
  readonly benjaminiHochberg: readonly number[];
  readonly benjaminiYekutieli: readonly number[];
}

type Ranked = readonly { readonly p: number; readonly index: number }[];

/** Scales by rank (1 is the smallest p), then makes monotone from below (`up`) or from above. */
function adjusted(
  ranked: Ranked,
  factor: (rank: number) => number,
  direction: "up" | "down",
): readonly number[] {
  const result: number[] = Array.from({ length: ranked.length }, () => 1);
  const order = direction === "up" ? [...ranked.keys()] : [...ranked.keys()].toReversed();
  let bound = direction === "up" ? 0 : 1;
  for (const at of order) {
    const entry = ranked[at];
    if (entry === undefined) continue;
    const scaled = Math.min(1, entry.p * factor(at + 1));
    bound = direction === "up" ? Math.max(bound, scaled) : Math.min(bound, scaled);
    result[entry.index] = bound;
  }
  return result;
}

/** Adjusts p values: family-wise (Bonferroni, Holm, Hochberg) and false discovery rate. */
export function adjustP(values: readonly number[]): AdjustedP {
  const m = values.length;
  const ranked = values.map((p, index) => ({ p, index })).toSorted((a, b) => a.p - b.p);
  let harmonic = 0;
  for (let k = 1; k <= m; k += 1) harmonic += 1 / k;
  return {
    bonferroni: values.map((p) => Math.min(1, p * m)),
    holm: adjusted(ranked, (rank) => m - rank + 1, "up"),
    hochberg: adjusted(ranked, (rank) => m - rank + 1, "down"),
    benjaminiHochberg: adjusted(ranked, (rank) => m / rank, "down"),
    benjaminiYekutieli: adjusted(ranked, (rank) => (m / rank) * harmonic, "down"),
  };
}
