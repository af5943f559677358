import { compileFlag } from "./compile-flag.ts";
import type { FlagdFlag } from "./compile-flag.ts";
import { TARGETING_KEY } from "./condition.ts";
import type { Configuration, FlagDefinition, Rule } from "./flag.ts";
import { revisionContent } from "./flag.ts";

/** The flag by which a client shows which bucketing formula it really runs. */
export const PROBE_FLAG_KEY = "paceline-parity-probe";

const ARMS = Array.from({ length: 16 }, (_, index) => `v${index}`);

/**
 * Targeting keys whose variants tell the formulas apart: plain ones, some outside ASCII, and some whose
 * hashes are the borders 0, 2^31 - 1, 2^31 and 2^32 - 1 (the last four, found by inverting the hash).
 * `ejOoVL` is the border key of flagd's test bed, which hashes to 0 without our seed.
 */
export const PROBE_KEYS = [
  "ejOoVL",
  "anna@example.com",
  "u-1000",
  "müller@example.de",
  "日本語",
  "Ωmega",
  "VBAAbNMV",
  "DSAAUPIZ",
  "cAAASkqz",
  "8EAAac2Z",
] as const;

/**
 * The variants in the order of `PROBE_KEYS`, by formula. `flagd-v2` is ours and that of flagd in Go and
 * Rust; `flagd-v2-utf16` hashes UTF-16 units, as `@openfeature/flagd-core` does; `flagd-v1` is flagd's
 * formula until 2026. A test computes each anew.
 */
export const PROBE_ANSWERS = {
  "flagd-v2": ["v14", "v5", "v3", "v7", "v15", "v10", "v0", "v7", "v8", "v15"],
  "flagd-v2-utf16": ["v14", "v5", "v3", "v14", "v5", "v0", "v0", "v7", "v8", "v15"],
  "flagd-v1": ["v2", "v11", "v6", "v15", "v0", "v10", "v0", "v15", "v15", "v0"],
} as const;

export type RunningBucketing = keyof typeof PROBE_ANSWERS;

/** What a client answered, by targeting key. */
export type ProbeAnswers = Readonly<Record<string, string>>;

/** The formula that gives these answers; null if it is none that we know, or answers are missing. */
export function runningBucketing(answers: ProbeAnswers): RunningBucketing | null {
  const formulas: readonly RunningBucketing[] = ["flagd-v2", "flagd-v2-utf16", "flagd-v1"];
  return (
    formulas.find((formula) =>
      PROBE_KEYS.every((key, index) => answers[key] === PROBE_ANSWERS[formula][index]),
    ) ?? null
  );
}

/** The flag of the probe. */
export const PROBE_DEFINITION: FlagDefinition = {
  key: PROBE_FLAG_KEY,
  type: "string",
  variants: Object.fromEntries(ARMS.map((variant) => [variant, variant])),
  description:
    "Shows which bucketing formula a client runs; see the guide of the SDKs. Nothing in your code reads it.",
  owner: null,
  kind: "configuration",
  lifecycle: "live",
  tags: [],
  initiativeId: null,
  expiresAt: null,
};

const PROBE_RULE: Rule = {
  id: "probe",
  description: "One of 16 arms for every key",
  when: null,
  prerequisites: [],
  gates: [],
  layers: [],
  overrides: [],
  serve: { split: ARMS.map((variant) => ({ variant, share: 1 / ARMS.length })) },
  exposureShare: 1,
  salt: PROBE_FLAG_KEY,
  phase: 1,
  sticky: null,
  unit: TARGETING_KEY,
  bucketing: "flagd-v2",
  recordExposure: false,
  experimentId: null,
};

export const PROBE_CONFIGURATION: Configuration = {
  enabled: true,
  offVariant: null,
  defaultVariant: null,
  rules: [PROBE_RULE],
};

/** The probe as clients get it, also where it is not published. */
export function probeFlag(): FlagdFlag {
  return compileFlag(revisionContent(PROBE_DEFINITION, "", PROBE_CONFIGURATION), 0);
}

/** Clients of one kind that evaluate by themselves, and what they were seen to run. */
export interface EvaluatingClients {
  readonly name: string;
  readonly version: string;
  /** `unreported` until they have answered the probe; `unknown` if the answers are of no known formula. */
  readonly bucketing: RunningBucketing | "unknown" | "unreported";
}

/** Clients that would put units into other arms than the server does, or may. */
export function disagreeing(
  clients: readonly EvaluatingClients[],
  bucketing: RunningBucketing,
): readonly EvaluatingClients[] {
  return clients.filter((client) => client.bucketing !== bucketing);
}

const MISMATCH_WORDS = {
  "flagd-v2": "runs flagd's second formula over UTF-8",
  "flagd-v2-utf16":
    "hashes UTF-16 units, so about half of the keys outside ASCII get another variant",
  "flagd-v1": "runs flagd's first formula, so most keys get another variant",
  unknown: "gives answers of no formula that we know",
  unreported: "has not answered the parity probe",
} as const satisfies Readonly<Record<EvaluatingClients["bucketing"], string>>;

/** Says in one sentence which clients disagree and how. */
export function disagreementWords(clients: readonly EvaluatingClients[]): string {
  return clients
    .map(({ name, version, bucketing }) => `${name} ${version} ${MISMATCH_WORDS[bucketing]}`)
    .join("; ");
}
