import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import {
  compareVersions,
  comparePlans,
  FIRST_VERSION,
  nextVersion,
  readPlanSchema,
  stepAllows,
  versionStep,
  versionText,
} from "../../domain/index.ts";
import type { ChangeLevel, PlanChange, PlanVersion, SchemaFault } from "../../domain/index.ts";
import type { StoredVersion } from "./plan-repository.ts";

export type SchemaRefusal =
  | { readonly kind: "unusable-schema"; readonly faults: readonly SchemaFault[] }
  | {
      readonly kind: "version-too-small";
      readonly given: string;
      readonly required: string;
      readonly changes: readonly PlanChange[];
    };

/** How a schema differs from the newest version that was ever published. */
export interface Judged {
  readonly version: PlanVersion;
  readonly changes: readonly PlanChange[];
  readonly level: ChangeLevel | null;
  readonly comparedWith: PlanVersion | null;
}

/** The newest version that events were, or are, judged by. */
export function newestBinding(versions: readonly StoredVersion[]): StoredVersion | null {
  const binding = versions.filter(({ state }) => state !== "draft");
  return binding.toSorted((a, b) => compareVersions(b.version, a.version))[0] ?? null;
}

/**
 * Reads a schema as the next version of a plan.
 *
 * @param wanted the version that its author asks for; null for the smallest that its changes allow
 */
export function judgeSchema(
  versions: readonly StoredVersion[],
  schema: unknown,
  wanted: PlanVersion | null,
): Result<Judged, SchemaRefusal> {
  const read = readPlanSchema(schema);
  if (!read.ok) return err({ kind: "unusable-schema", faults: read.error });
  const last = newestBinding(versions);
  if (last === null) {
    const version = wanted ?? FIRST_VERSION;
    return ok({ version, changes: [], level: null, comparedWith: null });
  }
  const before = readPlanSchema(last.schema);
  if (!before.ok) return err({ kind: "unusable-schema", faults: before.error });
  const { changes, level } = comparePlans(before.value, read.value);
  const required = nextVersion(last.version, level);
  const version = wanted ?? required;
  if (!stepAllows(versionStep(last.version, version), level)) {
    return err({
      kind: "version-too-small",
      given: versionText(version),
      required: versionText(required),
      changes,
    });
  }
  return ok({ version, changes, level, comparedWith: last.version });
}
