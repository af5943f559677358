const dayMs = 86_400_000;
const hourMs = 3_600_000;

export type Time = { readonly from: string; readonly to: string };

/** Buckets that give a chart 24 to 100 points. */
export function bucketFor(days: number): number {
  if (days <= 2) return hourMs;
  if (days <= 7) return 6 * hourMs;
  return days <= 100 ? dayMs : 7 * dayMs;
}
