import type { BadKind } from "../domain/index.ts";

/** What became of one event of a request. */
export type EventOutcome = "accepted" | "duplicate" | "bad" | "oversize" | "suppressed";

/** Why an event was quarantined. */
export interface EventFault {
  /** Its place in the body. */
  readonly index: number;
  readonly kind: BadKind;
  /** JSON pointer into the event as sent. */
  readonly path: string;
  readonly reason: string;
  readonly plan: string | null;
}

/** What the telemetry plans say about one event. */
export type PlanVerdict =
  | { readonly outcome: "passed"; readonly plan: string }
  /** The workspace wants to see events that no plan describes. They are accepted. */
  | { readonly outcome: "unplanned" }
  | {
      readonly outcome: "violated";
      /** `name/MODEL-REVISION-ADDITION`. */
      readonly plan: string;
      /** JSON pointer into the event as sent. */
      readonly path: string;
      readonly reason: string;
      /** Whether the plan is enforced: the event becomes a bad event. Otherwise it is accepted. */
      readonly quarantine: boolean;
    };
