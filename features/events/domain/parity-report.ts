import type { SchemaDifference } from "./parity-schema.ts";

/** What a comparison says in the end. */
export interface ParityVerdict {
  /** `equal` both sides have the same messages; `nothing` there was nothing to compare. */
  readonly kind: "equal" | "close" | "apart" | "nothing";
  /** The answer in one or two plain sentences. */
  readonly sentence: string;
}

/** Messages of one hour, by its start in Unix milliseconds, and those that one side lacks. */
export interface ParityHour {
  readonly at: number;
  readonly here: number;
  readonly there: number;
  readonly missingHere: number;
  readonly missingThere: number;
}

export interface ParityEvent {
  readonly event: string;
  readonly here: number;
  readonly there: number;
  readonly matched: number;
  /** Messages of the other vendor that are not here, and the other way round. */
  readonly missingHere: number;
  readonly missingThere: number;
  /** A few ids of each. */
  readonly samplesMissingHere: readonly string[];
  readonly samplesMissingThere: readonly string[];
  /** Hours in which either side has something. */
  readonly hours: readonly ParityHour[];
  readonly schema: readonly SchemaDifference[];
}

export interface ParityReport {
  readonly from: number;
  readonly to: number;
  readonly verdict: ParityVerdict;
  readonly here: number;
  readonly there: number;
  readonly matched: number;
  readonly missingHere: number;
  readonly missingThere: number;
  /** Messages of the file: seen before in it, outside the time, without an id or an instant. */
  readonly duplicatesThere: number;
  readonly outsideThere: number;
  readonly unreadableThere: number;
  /** Worst first: by what is missing here, then there, then by volume. */
  readonly events: readonly ParityEvent[];
}
