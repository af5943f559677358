/**
 * Version of a telemetry plan: `MODEL-REVISION-ADDITION` (SchemaVer). Only a new MODEL may refuse
 * an event that the version before took.
 *
 * @see https://docs.snowplow.io/docs/fundamentals/schemas/versioning (SchemaVer)
 */
export interface PlanVersion {
  readonly model: number;
  readonly revision: number;
  readonly addition: number;
}

/** What a change does to events, the gravest first. */
export const CHANGE_LEVELS = ["MODEL", "REVISION", "ADDITION"] as const;
export type ChangeLevel = (typeof CHANGE_LEVELS)[number];

/** `1-0-0`: where every plan begins. */
export const FIRST_VERSION: PlanVersion = { model: 1, revision: 0, addition: 0 };

const TEXT = /^([1-9]\d{0,5})-(\d{1,6})-(\d{1,6})$/;

/** @returns null for text that is no version */
export function parsePlanVersion(text: string): PlanVersion | null {
  const [, model, revision, addition] = TEXT.exec(text) ?? [];
  if (model === undefined || revision === undefined || addition === undefined) return null;
  return { model: Number(model), revision: Number(revision), addition: Number(addition) };
}

export function versionText({ model, revision, addition }: PlanVersion): string {
  return `${model}-${revision}-${addition}`;
}

/** How events and people name one version of a plan. */
export function planReference(name: string, version: PlanVersion): string {
  return `${name}/${versionText(version)}`;
}

/** Negative if `a` is older than `b`, 0 if they are the same. */
export function compareVersions(a: PlanVersion, b: PlanVersion): number {
  return a.model - b.model || a.revision - b.revision || a.addition - b.addition;
}

/** The smallest version after `from` that may hold a change of this level; null for no change. */
export function nextVersion(from: PlanVersion, level: ChangeLevel | null): PlanVersion {
  if (level === "MODEL") return { model: from.model + 1, revision: 0, addition: 0 };
  if (level === "REVISION") {
    return { model: from.model, revision: from.revision + 1, addition: 0 };
  }
  return { ...from, addition: from.addition + 1 };
}

/** The largest part in which a version differs from an older one; null if it is not newer. */
export function versionStep(from: PlanVersion, to: PlanVersion): ChangeLevel | null {
  if (compareVersions(to, from) <= 0) return null;
  if (to.model !== from.model) return "MODEL";
  return to.revision === from.revision ? "ADDITION" : "REVISION";
}

/** The gravest of some levels; null for none. */
export function gravestLevel(levels: readonly ChangeLevel[]): ChangeLevel | null {
  return CHANGE_LEVELS.find((level) => levels.includes(level)) ?? null;
}

/** Whether a version that steps by `step` may hold changes of `needed`. */
export function stepAllows(step: ChangeLevel | null, needed: ChangeLevel | null): boolean {
  if (step === null) return false;
  return needed === null || CHANGE_LEVELS.indexOf(step) <= CHANGE_LEVELS.indexOf(needed);
}
