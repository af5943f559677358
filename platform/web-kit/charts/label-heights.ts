/**
 * Where labels at these heights go so that none overlap: in the same order, at least `gap` apart,
 * inside the range as far as it has room.
 */
export function apartLabels(
  heights: readonly number[],
  gap: number,
  [top, bottom]: readonly [top: number, bottom: number],
): number[] {
  const order = heights
    .map((_, index) => index)
    .toSorted((one, other) => (heights[one] ?? 0) - (heights[other] ?? 0));
  const placed = [...heights];
  let least = top;
  for (const index of order) {
    placed[index] = Math.max(least, heights[index] ?? 0);
    least = (placed[index] ?? 0) + gap;
  }
  let most = Math.max(bottom, top + gap * (heights.length - 1));
  for (const index of order.toReversed()) {
    placed[index] = Math.min(most, placed[index] ?? 0);
    most = (placed[index] ?? 0) - gap;
  }
  return placed;
}
