import type { FlatEvent } from "../../domain/index.ts";

/** What a log file or a segment holds of one environment. Instants are Unix milliseconds. */
export interface SegmentScope {
  readonly workspace: string;
  readonly environment: string;
  readonly events: number;
  readonly firstReceivedAt: number;
  readonly lastReceivedAt: number;
  /** Earliest and latest `occurred_at`. */
  readonly oldestAt: number;
  readonly newestAt: number;
}

/** The scopes of some events; neighbours of one environment are counted together. */
export function scopesOf(events: readonly FlatEvent[]): SegmentScope[] {
  const scopes: SegmentScope[] = [];
  let start = 0;
  while (start < events.length) {
    let end = start + 1;
    const first = events[start];
    if (first === undefined) break;
    let [earliest, latest] = [first.receivedAt, first.receivedAt];
    let [oldest, newest] = [first.at, first.at];
    for (let next = events[end]; next !== undefined; next = events[end]) {
      if (next.environment !== first.environment || next.workspace !== first.workspace) break;
      earliest = Math.min(earliest, next.receivedAt);
      latest = Math.max(latest, next.receivedAt);
      oldest = Math.min(oldest, next.at);
      newest = Math.max(newest, next.at);
      end += 1;
    }
    scopes.push({
      workspace: first.workspace,
      environment: first.environment,
      events: end - start,
      firstReceivedAt: earliest,
      lastReceivedAt: latest,
      oldestAt: oldest,
      newestAt: newest,
    });
    start = end;
  }
  return scopes;
}

export function eventsIn(scopes: readonly SegmentScope[]): number {
  return scopes.reduce((sum, scope) => sum + scope.events, 0);
}

/** One entry for each environment, over all given. */
export function mergeScopes(scopes: readonly SegmentScope[]): SegmentScope[] {
  const groups = Map.groupBy(scopes, (scope) =>
    JSON.stringify([scope.workspace, scope.environment]),
  );
  return [...groups.values()].map((group) =>
    group.reduce((a, b) => ({
      workspace: a.workspace,
      environment: a.environment,
      events: a.events + b.events,
      firstReceivedAt: Math.min(a.firstReceivedAt, b.firstReceivedAt),
      lastReceivedAt: Math.max(a.lastReceivedAt, b.lastReceivedAt),
      oldestAt: Math.min(a.oldestAt, b.oldestAt),
      newestAt: Math.max(a.newestAt, b.newestAt),
    })),
  );
}
