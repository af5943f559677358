import type { FlatEvent } from "./flat-event.ts";
import type { QueryScope } from "./query-scope.ts";

/** A real context for which flags were evaluated, one of a sample. */
export interface RecordedContext extends QueryScope {
  /** Whom it is about, so that erasing a person finds it; "" where the context names nobody. */
  readonly unit: string;
  /**
   * 16 hexadecimal digits of a hash of whom it is about. The sample of a day is what ranks lowest, so
   * every unit has the same chance, however often it comes.
   */
  readonly rank: string;
  /** Share of the units that were recorded when this one was, 0 to 1. */
  readonly share: number;
  /** Unix milliseconds on the environment's clock. */
  readonly at: number;
  /** JSON text of an object. */
  readonly context: string;
}

/** The source of all recorded contexts. */
export const CONTEXT_SOURCE = "contexts";

const DAY_MS = 86_400_000;

/** A recorded context as an event. A unit is recorded once a UTC day. */
export function contextEvent(recorded: RecordedContext): FlatEvent {
  const { workspace, environment, unit, rank, share, at, context } = recorded;
  return {
    workspace,
    environment,
    source: CONTEXT_SOURCE,
    messageId: `context:${Math.floor(at / DAY_MS)}:${rank}`,
    type: "context",
    event: rank,
    unit,
    userId: null,
    anonymousId: null,
    at,
    timestamp: null,
    sentAt: null,
    receivedAt: at,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: context,
    context: JSON.stringify({ share }),
  };
}

/** The recorded contexts received in `[from, to)`, the newest of each rank, lowest ranks first. */
export interface ContextsQuery extends QueryScope {
  readonly kind: "contexts";
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** One recorded context. */
export interface ContextRow {
  readonly rank: string;
  readonly unit: string;
  readonly receivedAt: number;
  /** JSON text of an object. */
  readonly context: string;
  /** The lowest share among all contexts in the range, also those beyond the limit. */
  readonly lowestShare: number;
}
