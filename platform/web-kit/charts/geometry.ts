/** One point of an effect over time: the estimate and its interval. */
export type LiftPoint = {
  readonly at: number;
  readonly effect: number;
  readonly low: number;
  readonly high: number;
};

export type Direction = "increase" | "decrease";
export type Clearance = { readonly tone: "positive" | "negative"; readonly from: number };

/**
 * Since which point the interval has stayed clear of the criterion: entirely on its good side
 * (`positive`), or entirely on the bad side of no change at all (`negative`). Undefined while the
 * last interval is not clear, so that nothing is colored that could still go either way.
 *
 * @param points    in the order of time
 * @param criterion the change that counts as success, signed like the effect
 * @returns `from` is an index into `points`
 */
export function clearance(
  points: readonly LiftPoint[],
  criterion: number,
  direction: Direction,
): Clearance | undefined {
  const good = (point: LiftPoint) =>
    direction === "increase" ? point.low > criterion : point.high < criterion;
  const bad = (point: LiftPoint) => (direction === "increase" ? point.high < 0 : point.low > 0);
  const last = points.at(-1);
  if (last === undefined) return undefined;
  const tone = good(last) ? "positive" : bad(last) ? "negative" : undefined;
  if (tone === undefined) return undefined;
  const clear = tone === "positive" ? good : bad;
  return { tone, from: points.findLastIndex((point) => !clear(point)) + 1 };
}

const earlyShare = 0.4;
const roomShare = 0.08;

/**
 * The value range of a lift chart. The wide intervals of the first days are cut off so that the
 * later ones can be read; every estimate, the last interval, zero and the criterion are inside.
 */
export function liftDomain(points: readonly LiftPoint[], criterion: number): [number, number] {
  const later = points.slice(Math.floor(points.length * earlyShare));
  const last = points.at(-1);
  const kept = [
    0,
    criterion,
    ...points.map(({ effect }) => effect),
    ...(last === undefined ? [] : [last.low, last.high]),
    ...later.flatMap(({ low, high }) => [low, high]),
  ].filter(Number.isFinite);
  const [low, high] = [Math.min(...kept), Math.max(...kept)];
  const room = (high - low || 0.01) * roomShare;
  return [low - room, high + room];
}

/** The index of the point nearest to a time; the first on a tie. -1 without points. */
export function nearestPoint(points: readonly { readonly at: number }[], at: number): number {
  let nearest = -1;
  let least = Infinity;
  for (const [index, point] of points.entries()) {
    const distance = Math.abs(point.at - at);
    if (distance < least) [nearest, least] = [index, distance];
  }
  return nearest;
}

/** The points with a value and none beside them: a line has no segment there, so they need a dot. */
export function lonePoints<Point extends { readonly value: number | null }>(
  points: readonly Point[],
): Point[] {
  const isGap = (point: Point | undefined): boolean => point === undefined || point.value === null;
  return points.filter(
    (point, index) => !isGap(point) && isGap(points[index - 1]) && isGap(points[index + 1]),
  );
}

/** Where a label goes so that two do not overlap: moves the second away by what is missing. */
export function apart(first: number, second: number, gap: number): [number, number] {
  const distance = second - first;
  if (Math.abs(distance) >= gap) return [first, second];
  const move = (gap - Math.abs(distance)) / 2;
  return distance >= 0 ? [first - move, second + move] : [first + move, second - move];
}

/**
 * One scale for a table of interval rows, so that rows can be compared: holds every interval and
 * margin, and zero, with a little room; one extreme row may be cut off by `cap` times the median.
 */
export function intervalDomain(
  rows: readonly {
    readonly low: number;
    readonly high: number;
    readonly margin?: number | undefined;
  }[],
  cap = 6,
): [number, number] {
  const sizes = rows.map(({ low, high }) => Math.max(Math.abs(low), Math.abs(high)));
  const margins = rows.flatMap(({ margin }) =>
    margin === undefined ? [] : [Math.abs(margin) * 1.6],
  );
  const sorted = sizes.filter(Number.isFinite).toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const largest = Math.max(0, ...margins, ...sorted.map((size) => Math.min(size, median * cap)));
  const edge = (largest || 0.01) * 1.1;
  return [-edge, edge];
}

/**
 * Which of a row of labels fit: the whole text, else its first word, else nothing.
 *
 * @param labels in the order of `x`, in pixels
 * @param letter width of one letter in pixels
 */
export function fitLabels(
  labels: readonly { readonly x: number; readonly text: string }[],
  end: number,
  letter = 6,
): string[] {
  return labels.map(({ x, text }, index) => {
    const room = (labels[index + 1]?.x ?? end) - x - letter;
    const [first = ""] = text.split(" ");
    return [text, first].find((words) => words.length * letter <= room) ?? "";
  });
}
