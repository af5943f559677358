/** A context on its way into the event store. */
export interface ContextToRecord {
  readonly unit: string;
  readonly rank: string;
  /** Share of the units that are recorded at this moment, 0 to 1. */
  readonly share: number;
  /** Unix milliseconds on the environment's clock. */
  readonly at: number;
  /** JSON text of an object. */
  readonly context: string;
}

/** A context as the event store gives it back. */
export interface StoredContext {
  readonly unit: string;
  readonly rank: string;
  readonly at: number;
  readonly context: string;
  /** The lowest share in the range that was asked for. */
  readonly lowestShare: number;
}

export interface ContextRange {
  /** `[from, to)`, Unix milliseconds on the environment's clock. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** Where contexts are kept: the event store, so that retention and erasing a person cover them. */
export interface ContextStore {
  /** @throws Error while they cannot be kept */
  record(
    workspaceId: string,
    environment: string,
    contexts: readonly ContextToRecord[],
  ): Promise<void>;
  /** The newest of each rank, lowest ranks first. */
  read(
    workspaceId: string,
    environment: string,
    range: ContextRange,
  ): Promise<readonly StoredContext[]>;
}
