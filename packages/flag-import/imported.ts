import { fields, isFields } from "./reading.ts";
import type { Fields } from "./reading.ts";

/** The hashing of the vendor that a flag keeps, so that nobody changes sides by the move. */
export type Bucketing =
  | "unleash"
  | "growthbook-1"
  | "growthbook-2"
  | "launchdarkly"
  | "flagsmith"
  | "eppo";

/** One flag as flagd writes it. */
export interface FlagdFlag {
  readonly state: "ENABLED" | "DISABLED";
  readonly variants: Fields;
  readonly defaultVariant: string | null;
  readonly targeting?: unknown;
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
}

/** A flagd flag set; also valid for flagd itself unless extension operators are reported. */
export interface FlagdDocument {
  readonly flags: Readonly<Record<string, FlagdFlag>>;
  readonly $evaluators?: Fields;
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * How one flag was carried.
 *
 * `portable`: any flagd client evaluates it; `server`: exact, but only an evaluator that has the
 * `extensions` can; `partial`: `missing` says what was left out and why.
 */
export interface FlagReport {
  readonly flagKey: string;
  readonly carried: "portable" | "server" | "partial";
  readonly extensions: readonly string[];
  readonly missing: readonly string[];
}

/** The flags of another vendor as a flagd document, and for each what could be carried and how. */
export interface Imported {
  readonly flags: FlagdDocument;
  readonly report: readonly FlagReport[];
}

/** What an importer says of one flag before the report is made. */
export interface Draft {
  readonly key: string;
  readonly flag: FlagdFlag;
  readonly missing: readonly string[];
}

/** Names of extension operators have a dot, as in `unleash.rollout`; no operator of flagd has. */
const EXTENSION = /^[a-z]+\.[a-z]+$/;

function collect(rule: unknown, evaluators: Fields, found: Set<string>, seen: Set<string>): void {
  if (Array.isArray(rule)) for (const item of rule) collect(item, evaluators, found, seen);
  if (!isFields(rule)) return;
  for (const [operator, argument] of Object.entries(rule)) {
    // The arguments of an extension are data of the vendor and not rules.
    if (EXTENSION.test(operator)) found.add(operator);
    else if (operator === "$ref" && typeof argument === "string") {
      if (!seen.has(argument)) {
        seen.add(argument);
        collect(evaluators[argument], evaluators, found, seen);
      }
    } else collect(argument, evaluators, found, seen);
  }
}

function reportOn({ key, flag, missing }: Draft, evaluators: Fields): FlagReport {
  const found = new Set<string>();
  collect(flag.targeting, evaluators, found, new Set());
  const carried = missing.length > 0 ? "partial" : found.size > 0 ? "server" : "portable";
  return { flagKey: key, carried, extensions: [...found].toSorted(), missing };
}

/** The document of all drafts, and what was lost on the way. */
export function imported(
  drafts: readonly Draft[],
  bucketing: Bucketing,
  evaluators: Fields = {},
): Imported {
  const flags = Object.fromEntries(
    drafts.map(({ key, flag }) => [key, { ...flag, metadata: { bucketing, ...flag.metadata } }]),
  );
  const shared = Object.keys(fields(evaluators)).length > 0 ? { $evaluators: evaluators } : {};
  return {
    flags: { ...shared, flags },
    report: drafts.map((draft) => reportOn(draft, evaluators)),
  };
}
