/** What became of the events of one request that was answered with 200. */
export interface IntakeOutcomes {
  readonly accepted: number;
  readonly duplicate: number;
  readonly bad: number;
  readonly suppressed: number;
  readonly oversize: number;
}

/** Why nothing of a request was taken though it may be repeated: 429, or 503. */
export type IntakeRefusal = "backpressure" | "disk-failing";

/**
 * Watches the event store and the intake at work, for figures and traces. The calls that get `work`
 * do it, hand its outcome on unchanged, and see neither events nor query values.
 */
export interface EventObserver {
  /** `dialect` is one of a few fixed words, such as `segment`, `posthog`, `otlp` or `ofrep`. */
  intake(dialect: string, outcomes: IntakeOutcomes): void;
  refused(dialect: string, reason: IntakeRefusal): void;
  /** Making one call's events durable. */
  append<T>(events: number, work: () => Promise<T>): Promise<T>;
  /** One group written to the log and synced. */
  sync<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** One sealed log file becoming a segment. */
  load<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** One query of a kind. */
  query<T>(kind: string, work: () => Promise<T>): Promise<T>;
}

/** Watches nothing. */
export const UNOBSERVED: EventObserver = {
  intake: () => undefined,
  refused: () => undefined,
  append: (_events, work) => work(),
  sync: (_bytes, work) => work(),
  load: (_bytes, work) => work(),
  query: (_kind, work) => work(),
};
