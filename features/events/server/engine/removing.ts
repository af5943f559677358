import { eventsIn } from "../log/scopes.ts";
import type { RetainedMonth, RetainRequest } from "./answers.ts";
import { planCompaction } from "./compaction-plan.ts";
import { compact } from "./compaction.ts";
import type { Database } from "./duckdb/database.ts";
import { duckdbErasing } from "./duckdb/erasing.ts";
import { duckdbLoading } from "./duckdb/loading.ts";
import { number, readScope, text } from "./rows.ts";
import type { HeldSegment, NewSegment, SegmentSet } from "./segment-set.ts";
import type { Segment } from "./segments.ts";

/** Environments of one workspace: one, or all if null. */
export interface RemovedScope {
  readonly workspace: string;
  readonly environment: string | null;
}

/** Removes every event of an environment: whole files, and its rows in files shared with others. */
export async function removeEnvironment(
  database: Database,
  set: SegmentSet,
  scope: RemovedScope,
): Promise<void> {
  await removeFrom(database, set, scope, set.live);
}

/** @see Engine.retain */
export async function removeMonths(
  database: Database,
  set: SegmentSet,
  request: RetainRequest,
): Promise<readonly RetainedMonth[]> {
  const old = (segment: Segment): boolean =>
    segment.part === null
      ? segment.scopes.some(
          (held) => isIn(held, request) && held.oldestAt < startOf(request.before),
        )
      : segment.part.month < request.before;
  const removed = await countMonths(database, set.live.filter(old), request);
  if (request.dryRun || removed.length === 0) return removed;
  while (set.live.some((segment) => segment.part === null && old(segment))) {
    const step = planCompaction(set.live, 0, true);
    if (step === null) break;
    await compact(database, set, step);
  }
  await removeFrom(
    database,
    set,
    request,
    set.live.filter((segment) => segment.part !== null && old(segment)),
  );
  return removed;
}

async function countMonths(
  database: Database,
  segments: readonly Segment[],
  request: RetainRequest,
): Promise<readonly RetainedMonth[]> {
  const arrivals = segments.filter((segment) => segment.part === null);
  const counts = segments.flatMap(({ part, scopes }) =>
    part === null
      ? []
      : scopes
          .filter((scope) => isIn(scope, request))
          .map(({ environment, events }) => ({ environment, month: part.month, events })),
  );
  if (arrivals.length > 0) {
    const paths = arrivals.map(({ path }) => path);
    const rows = await database.all(duckdbErasing.months(paths, request.workspace));
    counts.push(
      ...rows.map((row) => ({
        environment: text(row, "environment"),
        month: text(row, "month"),
        events: number(row, "events"),
      })),
    );
  }
  const going = counts.filter(
    ({ environment, month }) =>
      month < request.before &&
      (request.environment === null || request.environment === environment),
  );
  const groups = Map.groupBy(going, ({ month, environment }) => `${month} ${environment}`);
  return [...groups.entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const [first] = group;
      if (first === undefined) return [];
      return [{ ...first, events: group.reduce((sum, { events }) => sum + events, 0) }];
    });
}

async function removeFrom(
  database: Database,
  set: SegmentSet,
  scope: RemovedScope,
  segments: readonly HeldSegment[],
): Promise<void> {
  const inputs = segments.filter((segment) => segment.scopes.some((held) => isIn(held, scope)));
  if (inputs.length === 0) return;
  const outputs: NewSegment[] = [];
  for (const input of inputs) {
    if (input.scopes.every((held) => isIn(held, scope))) continue;
    const { name, temporary } = set.newName(input.part);
    await database.run(duckdbErasing.rewriteWithout(input.path, temporary, scope));
    const scopes = (await database.all(duckdbLoading.scopes([temporary]))).map(readScope);
    const kept = input.scopes.filter((held) => !isIn(held, scope));
    if (eventsIn(scopes) !== eventsIn(kept)) throw new Error(`${name} lacks events`);
    outputs.push({ name, stretches: input.stretches, part: input.part, scopes });
  }
  await set.replace({ inputs, outputs, changesEvents: true });
  await set.removed(inputs);
}

function isIn(
  held: { readonly workspace: string; readonly environment: string },
  scope: RemovedScope,
): boolean {
  return (
    held.workspace === scope.workspace &&
    (scope.environment === null || scope.environment === held.environment)
  );
}

/** First instant of a month, Unix milliseconds. */
function startOf(month: string): number {
  return Date.parse(`${month}-01T00:00:00Z`);
}
