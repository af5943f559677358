import type { Configuration, FlagDefinition, Rule } from "./flag.ts";

/** What is known of a flag in one environment where it is in force. */
export interface StaleEnvironment {
  readonly environment: string;
  readonly configuration: Configuration;
  /** When what is in force was published. */
  readonly publishedAt: Date;
  /** When it was last asked for by name; null if it never was. */
  readonly lastEvaluatedAt: Date | null;
  /** Since when evaluations are noted there; null if there was none yet. */
  readonly notedSince: Date | null;
  /** When clients last asked for all flags at once; null if they never did. */
  readonly allEvaluatedAt: Date | null;
}

/** Where code names a flag, by the newest scans; null in a workspace that has never sent one. */
export interface StaleReferences {
  readonly places: number;
  readonly repositories: number;
  readonly scannedAt: Date;
}

/** What is known of the use of a flag. */
export interface StaleCandidate {
  readonly flag: Pick<FlagDefinition, "key" | "kind" | "expiresAt" | "lifecycle">;
  readonly createdAt: Date;
  readonly environments: readonly StaleEnvironment[];
  readonly references: StaleReferences | null;
}

export const STALE_RULES = [
  "expired",
  "constant",
  "unevaluated",
  "unpublished",
  "concluded",
] as const;
export type StaleRule = (typeof STALE_RULES)[number];

/** Why a flag looks as if nobody needed it any more. */
export interface StaleReason {
  readonly rule: StaleRule;
  readonly words: string;
  readonly since: Date;
}

/** What is safe to do. */
export interface StaleProposal {
  readonly action: "archive" | "remove-from-code" | "decide" | "look";
  readonly words: string;
}

/** Why nobody seems to need a flag any more, and what is safe to do. */
export interface StaleFlag {
  readonly reasons: readonly StaleReason[];
  readonly proposal: StaleProposal;
}

const DAY_MS = 86_400_000;
/** Their purpose is to stay the same until something happens. */
const STEADY: ReadonlySet<string> = new Set(["kill-switch", "permission", "configuration"]);

/** The variants that somebody may get; null stands for the default in the code. Null if that is not known. */
export function possibleVariants(configuration: Configuration): ReadonlySet<string | null> | null {
  if (!configuration.enabled) return new Set([configuration.offVariant]);
  const found = new Set<string | null>();
  for (const rule of configuration.rules) {
    const served = servedBy(rule);
    if (served === null) return null;
    for (const variant of served) found.add(variant);
    if (servesEverybody(rule)) return found;
  }
  found.add(configuration.defaultVariant);
  return found;
}

function servedBy({ serve, overrides, exposureShare }: Rule): readonly string[] | null {
  if ("targeting" in serve) return null;
  const overridden = overrides.map(({ variant }) => variant);
  if (exposureShare === 0) return overridden;
  if ("variant" in serve) return [...overridden, serve.variant];
  const arms = serve.split.filter(({ share }) => share > 0);
  return [...overridden, ...arms.map(({ variant }) => variant)];
}

function servesEverybody(rule: Rule): boolean {
  return (
    rule.when === null &&
    rule.prerequisites.length === 0 &&
    rule.gates.length === 0 &&
    rule.layers.length === 0 &&
    rule.exposureShare === 1 &&
    "variant" in rule.serve &&
    !rule.recordExposure
  );
}

/** The one variant that everybody gets; null if not everybody gets the same. */
function onlyVariant(configuration: Configuration): { readonly variant: string | null } | null {
  const [variant, ...others] = possibleVariants(configuration) ?? [];
  return variant === undefined || others.length > 0 ? null : { variant };
}

function shown(variant: string | null): string {
  return variant === null ? "the default in the code" : `\`${variant}\``;
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function latest(dates: readonly Date[]): Date {
  return dates.reduce((newest, date) => (date > newest ? date : newest), new Date(0));
}

function constantReason({ flag, environments }: StaleCandidate, before: Date): StaleReason | null {
  if (STEADY.has(flag.kind) || environments.length === 0) return null;
  const variants = environments.map(({ configuration }) => onlyVariant(configuration));
  const settledAt = latest(environments.map(({ publishedAt }) => publishedAt));
  if (variants.includes(null) || settledAt > before) return null;
  const words = environments.map(
    ({ environment }, place) => `${shown(variants[place]?.variant ?? null)} in ${environment}`,
  );
  return {
    rule: "constant",
    words: `Everybody gets the same since ${dayOf(settledAt)}: ${words.join(", ")}.`,
    since: settledAt,
  };
}

function unevaluatedReason({ environments }: StaleCandidate, before: Date): StaleReason | null {
  if (environments.length === 0) return null;
  const isQuiet = environments.every(
    ({ lastEvaluatedAt, notedSince, publishedAt }) =>
      // Without figures for the whole time nothing can be said.
      notedSince !== null &&
      notedSince <= before &&
      publishedAt <= before &&
      (lastEvaluatedAt === null || lastEvaluatedAt < before),
  );
  if (!isQuiet) return null;
  const last = latest(environments.flatMap(({ lastEvaluatedAt }) => lastEvaluatedAt ?? []));
  const all = latest(environments.flatMap(({ allEvaluatedAt }) => allEvaluatedAt ?? []));
  const everybody =
    all > before
      ? ` Clients fetched all flags at once until ${dayOf(all)}, and may have read it there.`
      : "";
  const when =
    last.getTime() === 0 ? "was never asked for by name" : `was last asked for on ${dayOf(last)}`;
  return {
    rule: "unevaluated",
    words: `It ${when}. Clients that evaluate by themselves are not seen here.${everybody}`,
    since: last.getTime() === 0 ? before : last,
  };
}

function reasonsOf(candidate: StaleCandidate, now: Date, days: number): readonly StaleReason[] {
  const { flag, environments, createdAt } = candidate;
  const before = new Date(now.getTime() - days * DAY_MS);
  const expiresAt = flag.expiresAt === null ? null : new Date(flag.expiresAt);
  const reasons: (StaleReason | null)[] = [
    expiresAt !== null && expiresAt <= now
      ? { rule: "expired", words: `It expired on ${dayOf(expiresAt)}.`, since: expiresAt }
      : null,
    flag.lifecycle === "concluded" || flag.lifecycle === "clean-up"
      ? {
          rule: "concluded",
          words:
            flag.lifecycle === "concluded"
              ? "What it was for is concluded."
              : "It waits for its code to be cleaned up.",
          since: latest(environments.map(({ publishedAt }) => publishedAt)),
        }
      : null,
    environments.length === 0 && createdAt <= before
      ? {
          rule: "unpublished",
          words: `It was made on ${dayOf(createdAt)} and is in force nowhere.`,
          since: createdAt,
        }
      : null,
    constantReason(candidate, before),
    unevaluatedReason(candidate, before),
  ];
  return reasons.filter((reason) => reason !== null);
}

function proposalOf(candidate: StaleCandidate): StaleProposal {
  const { environments, references } = candidate;
  const given = environments.map(({ configuration }) => onlyVariant(configuration));
  const [first] = given;
  const isSplit = given.includes(null);
  const isSettled = !isSplit && given.every((one) => one?.variant === first?.variant);
  if (!isSettled) {
    return {
      action: "decide",
      words: isSplit
        ? "People still get different variants: decide which one stays and give it to everybody first."
        : "The environments differ: decide which variant stays and publish it everywhere first.",
    };
  }
  if (references === null) {
    return {
      action: "look",
      words:
        "Whether code still asks for it is not known: run `paceline flag references <dir> --upload` in every repository first.",
    };
  }
  if (references.places === 0) {
    return {
      action: "archive",
      words: `No code names it (${references.repositories} scanned, the last on ${dayOf(references.scannedAt)}): it can be archived. Reverting brings it back.`,
    };
  }
  const stays = shown(first?.variant ?? null);
  return {
    action: "remove-from-code",
    words: `Code names it in ${references.places} places: put ${stays} there, scan again, then archive it.`,
  };
}

/** Why a flag is stale and what is safe to do; null if nothing speaks for it. */
export function staleFlag(candidate: StaleCandidate, now: Date, days: number): StaleFlag | null {
  const reasons = reasonsOf(candidate, now, days);
  return reasons.length === 0 ? null : { reasons, proposal: proposalOf(candidate) };
}
