/** One thing that a unit did after its exposure. */
export interface RecordedEvent {
  readonly event: string;
  readonly properties: Readonly<Record<string, number | string>>;
}

/** One unit of the recorded experiment. */
export interface RecordedUnit {
  readonly id: string;
  /** What the record says it got; the flag's overrides read it as `recorded_segment`. */
  readonly segment: string;
  /** The variant that this segment stands for. */
  readonly variant: string;
  readonly events: readonly RecordedEvent[];
}

/** A recorded experiment, ready to be replayed. */
export interface Study {
  readonly name: string;
  /** Folder with initiative.yaml, metrics.yaml, criterion.yaml, flag.yaml and rollback.yaml. */
  readonly folder: string;
  /** What the file is and what the replay does with it; printed before the verdict. */
  readonly about: string;
  readonly startsAt: Date;
  readonly days: number;
  readonly units: readonly RecordedUnit[];
}
