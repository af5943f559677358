import { compileTable, evaluateTable, factInWords, smallestChange } from "@paceline/decision-table";
import type {
  CompiledTable,
  FactReading,
  FactReadings,
  FactState,
  RuleTrace,
  SmallestChange,
  TableProblem,
} from "@paceline/decision-table";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { ARTIFACT_TITLES, missingArtifacts, SPRINT_ARTIFACTS } from "./artifacts.ts";
import type { ArtifactCheck } from "./artifacts.ts";
import type { Policy } from "./default-policy.ts";
import { artifactFact, factCatalog } from "./fact-catalog.ts";
import { CONTROLS, isControlKey, modeOf } from "./mode.ts";
import type { DecisionOutcome, Mode, PolicyOutcome } from "./mode.ts";
import type { RiskDomain } from "./risk-domains.ts";

/** A policy checked against the catalog of its workspace, with the digest of both. */
export interface CompiledPolicy {
  readonly table: CompiledTable<PolicyOutcome>;
  /** SHA-256 of the canonical JSON of policy and catalog, in hex. */
  readonly digest: string;
}

/** Compiles a policy for a workspace. The digest is computed outside, where hashing is. */
export function compilePolicy(
  policy: Policy,
  ownDomains: readonly RiskDomain[],
  digest: string,
): Result<CompiledPolicy, readonly TableProblem[]> {
  const table = compileTable(policy, factCatalog(ownDomains));
  return table.ok ? ok({ table: table.value, digest }) : table;
}

/** A fact of a decision, with its title and its value in words. */
export type DecidedFact = FactState & { readonly title: string; readonly words: string };

/** One decision, as it is shown, stored and written into the audit log. Plain JSON. */
export interface Decision {
  readonly outcome: DecisionOutcome;
  /** Null while the outcome settles no mode. */
  readonly mode: Mode | null;
  /** The conclusion in one sentence. */
  readonly headline: string;
  readonly reason: string;
  readonly decidedBy: string | null;
  readonly rules: readonly RuleTrace<PolicyOutcome>[];
  readonly facts: readonly DecidedFact[];
  readonly unrecognized: readonly string[];
  /** What to say or check before there can be an answer. */
  readonly needs: readonly {
    readonly fact: string;
    readonly title: string;
    readonly why: string;
  }[];
  readonly missingArtifacts: readonly ArtifactCheck[];
  readonly requiredControls: readonly {
    readonly key: string;
    readonly title: string;
    readonly words: string;
  }[];
  /** What it would be if every artifact of a sprint were present. */
  readonly whenReady: DecisionOutcome;
  readonly sprintIf: SmallestChange;
  readonly policy: { readonly id: string; readonly version: number; readonly digest: string };
  readonly decidedAtMs: number;
}

function headline(
  outcome: DecisionOutcome,
  missing: readonly ArtifactCheck[],
  whenReady: DecisionOutcome,
): string {
  switch (outcome) {
    case "sprint":
      return "Run it as a sprint.";
    case "marathon":
      return "Run it as a marathon.";
    case "hybrid":
      return "Run it as a hybrid: a chain of sprints.";
    case "platform_first":
      return "Strengthen the platform first.";
    case "needs_information":
      return "More information is needed.";
    case "not_ready": {
      const titles = missing.map(({ artifact }) => ARTIFACT_TITLES[artifact].toLowerCase());
      const name = whenReady === "sprint" ? "a sprint once it has" : "decided once it has";
      return `Not ready: it is ${name} its ${titles.join(", ")}.`;
    }
  }
}

function decidedFact(table: CompiledTable<PolicyOutcome>, state: FactState): DecidedFact {
  const definition = table.catalog.get(state.name);
  const title = definition?.title ?? state.name;
  const known = state.status === "known" && definition !== undefined;
  return {
    ...state,
    title,
    words: known ? factInWords(definition.type, state.value) : "not yet known",
  };
}

function withEveryArtifact(readings: FactReadings, nowMs: number): FactReadings {
  const present: FactReading = { value: true, source: "assumed", observedAtMs: nowMs };
  return {
    ...readings,
    ...Object.fromEntries(SPRINT_ARTIFACTS.map((artifact) => [artifactFact(artifact), present])),
  };
}

/**
 * Decides an initiative. Pure: the same policy, readings, checks and instant give the same decision.
 *
 * @param checks  the artifact checks that the readings were made from
 */
export function decideInitiative(
  policy: CompiledPolicy,
  readings: FactReadings,
  checks: readonly ArtifactCheck[],
  nowMs: number,
): Decision {
  const { table, digest } = policy;
  const evaluation = evaluateTable(table, readings, nowMs);
  const missing = missingArtifacts(checks);
  const states = new Map(evaluation.facts.map((state) => [state.name, state]));
  const whenReady = evaluateTable(table, withEveryArtifact(readings, nowMs), nowMs).outcome;
  const { outcome, reason, decidedBy, rules, unrecognized, controls } = evaluation;
  return {
    outcome,
    mode: modeOf(outcome),
    headline: headline(outcome, missing, whenReady),
    reason,
    decidedBy,
    rules,
    facts: evaluation.facts.map((state) => decidedFact(table, state)),
    unrecognized,
    needs: evaluation.needs.map((fact) => {
      const state = states.get(fact);
      const why =
        state === undefined || state.status === "known"
          ? "a rule cannot be computed from it"
          : state.why;
      return { fact, title: table.catalog.get(fact)?.title ?? fact, why };
    }),
    missingArtifacts: missing,
    requiredControls: controls.map((key) => ({
      key,
      ...(isControlKey(key) ? CONTROLS[key] : { title: key, words: "" }),
    })),
    whenReady,
    sprintIf: smallestChange(table, readings, nowMs),
    policy: { id: table.table.id, version: table.table.version, digest },
    decidedAtMs: nowMs,
  };
}

/**
 * The smallest change that would make it a sprint once every artifact of a sprint is present: what
 * the form would have to say, apart from the work that is still to be done.
 */
export function sprintOnceReady(
  { table }: CompiledPolicy,
  readings: FactReadings,
  nowMs: number,
): SmallestChange {
  return smallestChange(table, withEveryArtifact(readings, nowMs), nowMs);
}
