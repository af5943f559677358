import type { Db } from "@paceline/db";

import type { OwnedPlan } from "../domain/index.ts";
import type { PolicyStore } from "./policy-store.ts";

/** Where and when evidence is looked for. `db` is the open transaction of a command. */
export interface EvidenceScope {
  readonly db: Db;
  readonly workspaceId: string;
  readonly now: Date;
}

/**
 * How the artifacts of an initiative are observed in the other features. Each answers null when it
 * cannot be asked just now: the fact is then unknown, which never makes a sprint.
 */
export interface EvidenceSources {
  readonly featureFlagExists: (scope: EvidenceScope, flagKey: string) => Promise<boolean | null>;
  /** When an event of each name last arrived; null inside for never. */
  readonly telemetryArrived: (
    scope: EvidenceScope,
    events: readonly string[],
  ) => Promise<readonly { readonly event: string; readonly lastArrivedAt: Date | null }[] | null>;
  /** The telemetry plans that some initiatives own, by initiative; none if absent. */
  readonly ownedPlans?: (
    scope: EvidenceScope,
    initiativeIds: readonly string[],
  ) => Promise<ReadonlyMap<string, readonly OwnedPlan[]> | null>;
  /** Whether a way back is defined for the initiative or for the flag that it names. */
  readonly rollbackDefined: (
    scope: EvidenceScope,
    subject: { readonly initiativeId: string; readonly flagKey: string | null },
  ) => Promise<{ readonly defined: boolean; readonly rehearsedAt: Date | null } | null>;
  /**
   * Entries of the audit log about the initiative, those of the outbox included, and whether they
   * are written without anyone's doing.
   */
  readonly auditTrail: (
    scope: EvidenceScope,
    initiativeId: string,
  ) => Promise<{ readonly entries: number; readonly automated: boolean } | null>;
  /** Those of the people who are active members. */
  readonly activeMembers: (
    scope: EvidenceScope,
    people: readonly string[],
  ) => Promise<readonly string[] | null>;
}

/** What the commands and routes of this feature need. */
export interface InitiativeDependencies {
  readonly evidence: EvidenceSources;
  readonly policies: PolicyStore;
  /** Tells open screens to read anew. Called after the commit. */
  readonly publish: (workspaceId: string, topic: string, data: unknown) => void;
}
