import type { FlagdFlag, Imported } from "@paceline/flag-import";
import type { FlagFile } from "@paceline/flags/flag-file-api";

type Fields = Readonly<Record<string, unknown>>;
type Place = NonNullable<FlagFile["environments"]>[string];
type Bucketing = NonNullable<NonNullable<Place["rules"]>[number]["bucketing"]>;

/** Why a flag of another vendor cannot be kept here. */
export interface NotKept {
  readonly flagKey: string;
  readonly detail: string;
}

const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
/** Shared expressions may refer to each other, never this deep. */
const MAX_DEPTH = 32;

const TYPES: ReadonlyMap<string, FlagFile["type"]> = new Map([
  ["boolean", "boolean"],
  ["string", "string"],
  ["number", "number"],
  ["object", "object"],
]);

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The expression with what it shares with other flags written out: a flag here stands alone. */
function inlined(expression: unknown, shared: Fields, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new Error("its shared expressions refer to each other in a circle");
  if (Array.isArray(expression)) return expression.map((item) => inlined(item, shared, depth));
  if (!isFields(expression)) return expression;
  const [operator, ...others] = Object.keys(expression);
  if (operator === "$ref" && others.length === 0) {
    return inlined(shared[String(expression["$ref"])], shared, depth + 1);
  }
  return Object.fromEntries(
    Object.entries(expression).map(([name, value]) => [name, inlined(value, shared, depth)]),
  );
}

function typeOf({ variants }: FlagdFlag): FlagFile["type"] | null {
  const kinds = new Set(
    Object.values(variants).map((value) =>
      value === null || Array.isArray(value) ? "" : typeof value,
    ),
  );
  const [kind = ""] = kinds;
  return kinds.size === 1 ? (TYPES.get(kind) ?? null) : null;
}

/** Flags without any of the vendor's operators are told to every client, hashing and all. */
function bucketingOf(flag: FlagdFlag, extensions: readonly string[]): Bucketing {
  const named = flag.metadata?.["bucketing"];
  const known = ["unleash", "growthbook-1", "growthbook-2", "launchdarkly", "flagsmith", "eppo"];
  return extensions.length > 0 && typeof named === "string" && known.includes(named)
    ? (named as Bucketing)
    : "flagd-v2";
}

function placeOf(flag: FlagdFlag, targeting: unknown, bucketing: Bucketing, from: string): Place {
  const { state, defaultVariant } = flag;
  const rule = {
    id: "imported",
    description: `As it was in ${from}.`,
    serve: { targeting: isFields(targeting) ? targeting : {} },
    salt: "imported",
    bucketing,
  };
  return {
    ...(state === "DISABLED" ? { enabled: false } : {}),
    ...(defaultVariant === null ? {} : { defaultVariant }),
    ...(isFields(targeting) && Object.keys(targeting).length > 0 ? { rules: [rule] } : {}),
  };
}

/**
 * The imported flags as files of this product, in force in one environment; and those that cannot be
 * kept, with the reason.
 */
export function importedFiles(
  vendor: string,
  { flags: { flags, $evaluators = {} }, report }: Imported,
  environment: string,
): { readonly files: readonly FlagFile[]; readonly refused: readonly NotKept[] } {
  const files: FlagFile[] = [];
  const refused: NotKept[] = [];
  const extensions = new Map(report.map((one) => [one.flagKey, one.extensions]));
  for (const [flagKey, flag] of Object.entries(flags)) {
    const type = typeOf(flag);
    if (!KEY.test(flagKey)) {
      const detail =
        "its key has other characters than letters, digits, dots, - and _, or too many";
      refused.push({ flagKey, detail });
    } else if (type === null) {
      refused.push({ flagKey, detail: "its variants have values of several types, lists or none" });
    } else {
      const targeting = inlined(flag.targeting, $evaluators);
      const bucketing = bucketingOf(flag, extensions.get(flagKey) ?? []);
      files.push({
        key: flagKey,
        type,
        description: `Imported from ${vendor}.`,
        tags: ["imported", vendor],
        variants: flag.variants as FlagFile["variants"],
        environments: { [environment]: placeOf(flag, targeting, bucketing, vendor) },
      });
    }
  }
  return { files, refused };
}
