import { segmentEvents } from "./segments.ts";
import type { Segment, SegmentPart } from "./segments.ts";

/**
 * One step of compaction: `gather` makes one file of small ones in the order of arrival, `split`
 * turns arrivals into one file for each month and person bucket, `join` makes one file of small
 * ones of one month and bucket.
 */
export type CompactionStep<T extends Segment = Segment> =
  | { readonly kind: "gather"; readonly inputs: readonly T[] }
  | { readonly kind: "split"; readonly inputs: readonly T[] }
  | { readonly kind: "join"; readonly inputs: readonly T[]; readonly part: SegmentPart };

/** Most events that one step takes, so that its sort stays within the memory of the engine. */
const LARGEST_STEP_EVENTS = 524_288;
const LARGEST_STEP_BYTES = 128 * 1024 * 1024;
/** Files of one size that are made one: more means fewer rewrites, more files. */
const GATHER_FILES = 8;
const JOIN_FILES = 4;
/** Files below this size are one class; each class above is larger by the number of files joined. */
const SMALLEST_GATHERED = 128;
const SMALLEST_JOINED = 640;
/** Larger files of a part are left alone: a query gains nothing, and an erasure rewrites them whole. */
const LARGEST_JOINED = 262_144;

/**
 * What to do next, or null. Every event is rewritten a number of times that grows with the logarithm
 * of the events: 2 to 4 times in the order of arrival, once by the split, and up to 4 times after.
 *
 * @param splitEvents arrivals are split when they hold so many events: below, files would be tiny
 * @param all splits every arrival, however few: what is about to be removed by months
 */
export function planCompaction<T extends Segment>(
  segments: readonly T[],
  splitEvents: number,
  all = false,
): CompactionStep<T> | null {
  const arrivals = segments.filter((segment) => segment.part === null);
  const waiting = arrivals.reduce((sum, segment) => sum + segmentEvents(segment), 0);
  if (waiting >= splitEvents || (all && arrivals.length > 0)) {
    return { kind: "split", inputs: upTo(arrivals, LARGEST_STEP_EVENTS) };
  }
  const gathered = planRun(arrivals, GATHER_FILES, SMALLEST_GATHERED, splitEvents);
  if (gathered.length > 0) return { kind: "gather", inputs: gathered };
  return planJoin(segments);
}

function planJoin<T extends Segment>(segments: readonly T[]): CompactionStep<T> | null {
  const parts = Map.groupBy(segments, ({ part }) =>
    part === null ? "" : `${part.month} ${part.bucket}`,
  );
  for (const group of parts.values()) {
    const part = group[0]?.part ?? null;
    if (part === null) continue;
    const small = group.filter((segment) => segmentEvents(segment) < LARGEST_JOINED);
    const inputs = planRun(small, JOIN_FILES, SMALLEST_JOINED, LARGEST_STEP_EVENTS);
    if (inputs.length > 0) return { kind: "join", inputs, part };
  }
  return null;
}

/** Files of one size class, at least `files` of them; all there are while they fit into one step. */
function planRun<T extends Segment>(
  segments: readonly T[],
  files: number,
  smallest: number,
  largest: number,
): readonly T[] {
  const classes = Map.groupBy(segments, (segment) => {
    const ratio = Math.max(1, segmentEvents(segment) / smallest);
    return Math.floor(Math.log(ratio) / Math.log(files));
  });
  for (const group of classes.values()) {
    const inputs = upTo(group, largest);
    if (inputs.length >= files) return inputs;
  }
  return [];
}

/** As many of the smallest as hold `events` and `LARGEST_STEP_BYTES` together, at least one. */
function upTo<T extends Segment>(segments: readonly T[], events: number): T[] {
  const taken: T[] = [];
  let [sum, bytes] = [0, 0];
  for (const segment of segments.toSorted((a, b) => segmentEvents(a) - segmentEvents(b))) {
    sum += segmentEvents(segment);
    bytes += segment.bytes;
    if (taken.length > 0 && (sum > events || bytes > LARGEST_STEP_BYTES)) break;
    taken.push(segment);
  }
  return taken;
}
