import { imported } from "../imported.ts";
import type { Draft, FlagdFlag, Imported } from "../imported.ts";
import { fields, items, numberOr, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { isKnownOperator, isWellFormed } from "./clause.ts";
import { MALFORMED } from "./operators.ts";

const flagRule = (key: string): string => `launchdarkly.flag:${key}`;
const segmentRule = (key: string): string => `launchdarkly.segment:${key}`;

function allOf(tests: readonly unknown[]): unknown {
  return tests.length === 0 ? true : tests.length === 1 ? tests[0] : { and: tests };
}

function clauseTest(clause: unknown, document: unknown): unknown {
  if (own(clause, "op") !== "segmentMatch") return { "launchdarkly.clause": [clause] };
  const segments = fields(own(document, "segments"));
  const known = items(own(clause, "values"))
    .filter((key) => typeof key === "string" && Object.hasOwn(segments, key))
    .map((key) => ({ $ref: segmentRule(textOr(key, "")) }));
  const any = known.length === 0 ? false : { or: known };
  return own(clause, "negate") === true ? { "!": [any] } : any;
}

/** The clauses before the first that cannot be read, and whether there is such a one. */
function clauseTests(
  rule: unknown,
  document: unknown,
): { readonly tests: readonly unknown[]; readonly malformed: boolean } {
  const clauses = items(own(rule, "clauses"));
  const fault = clauses.findIndex((one) => own(one, "op") !== "segmentMatch" && !isWellFormed(one));
  const usable = fault < 0 ? clauses : clauses.slice(0, fault);
  return { tests: usable.map((clause) => clauseTest(clause, document)), malformed: fault >= 0 };
}

function segmentTest(key: string, segment: unknown, document: unknown): unknown {
  const salt = textOr(own(segment, "salt"), "");
  const lists = ["included", "excluded", "includedContexts", "excludedContexts"];
  const named = Object.fromEntries(
    lists.filter((name) => own(segment, name)).map((name) => [name, own(segment, name)]),
  );
  const rules = items(own(segment, "rules")).map((rule) => {
    const { tests, malformed } = clauseTests(rule, document);
    const { clauses: _clauses, ...share } = fields(rule);
    const weighed =
      own(rule, "weight") == null ? [] : [{ "launchdarkly.share": [{ rule: share, key, salt }] }];
    return malformed ? false : allOf([...tests, ...weighed]);
  });
  const byRules = rules.length === 0 ? false : { or: rules };
  const known = { "launchdarkly.named": [named] };
  return Object.keys(named).length === 0
    ? byRules
    : { if: [{ "==": [known, null] }, byRules, known] };
}

class Reading {
  readonly missing: string[] = [];
  readonly #flag: unknown;
  readonly #key: string;
  readonly #document: unknown;
  readonly #names: readonly string[];

  constructor(key: string, flag: unknown, document: unknown) {
    this.#key = key;
    this.#flag = flag;
    this.#document = document;
    this.#names = items(own(flag, "variations")).map((_value, index) => String(index));
  }

  #name(variation: unknown): string {
    return this.#names[numberOr(variation, -1)] ?? MALFORMED;
  }

  #decision(decision: unknown): unknown {
    const variation = own(decision, "variation");
    if (typeof variation === "number") return this.#name(variation);
    const rollout = own(decision, "rollout");
    if (items(own(rollout, "variations")).length === 0) return MALFORMED;
    const salt = textOr(own(this.#flag, "salt"), "");
    return { "launchdarkly.rollout": [{ rollout, key: this.#key, salt, names: this.#names }] };
  }

  #rule(rule: unknown): readonly unknown[] {
    for (const clause of items(own(rule, "clauses"))) {
      if (isKnownOperator(own(clause, "op"))) continue;
      const operator = textOr(own(clause, "op"), "?");
      this.missing.push(`unknown operator "${operator}": never matches, as in LaunchDarkly`);
    }
    const { tests, malformed } = clauseTests(rule, this.#document);
    if (malformed) {
      this.missing.push("a clause whose attribute cannot be read: the code's default is served");
    }
    return [allOf(tests), malformed ? MALFORMED : this.#decision(rule)];
  }

  #prerequisite(prerequisite: unknown): unknown {
    const key = textOr(own(prerequisite, "key"), "");
    const flag = own(own(this.#document, "flags"), key);
    if (own(flag, "on") !== true) return false;
    return { "==": [{ $ref: flagRule(key) }, String(own(prerequisite, "variation"))] };
  }

  off(): string | null {
    const off = own(this.#flag, "offVariation");
    return off === undefined || off === null ? null : this.#name(off);
  }

  targeting(): unknown {
    const prerequisites = items(own(this.#flag, "prerequisites"));
    const failed = prerequisites.flatMap((one) => [{ "!": [this.#prerequisite(one)] }, this.off()]);
    const { targets, contextTargets } = {
      targets: items(own(this.#flag, "targets")),
      contextTargets: items(own(this.#flag, "contextTargets")),
    };
    const target = { "launchdarkly.target": [{ targets, contextTargets }, this.#names] };
    const named = targets.length + contextTargets.length === 0 ? [] : [target, target];
    const rules = items(own(this.#flag, "rules")).flatMap((rule) => this.#rule(rule));
    const branches = [{ "!": [{ "launchdarkly.usable": [] }] }, MALFORMED, ...failed];
    return {
      if: [...branches, ...named, ...rules, this.#decision(own(this.#flag, "fallthrough"))],
    };
  }
}

function variantsOf(flag: unknown, missing: string[]): Fields {
  const values = items(own(flag, "variations"));
  if (new Set(values.map((value) => typeof value)).size > 1) {
    missing.push('variations of several types: each is wrapped as {"value": …}');
    return Object.fromEntries(values.map((value, index) => [String(index), { value }]));
  }
  return Object.fromEntries(values.map((value, index) => [String(index), value]));
}

function importFlag(
  key: string,
  flag: unknown,
  document: unknown,
): Draft & { readonly rule: unknown } {
  const reading = new Reading(key, flag, document);
  const on = own(flag, "on") === true;
  const rule = on ? reading.targeting() : (reading.off() ?? null);
  const variants = variantsOf(flag, reading.missing);
  const off = reading.off();
  if (off === MALFORMED)
    reading.missing.push("no such off variation: the code's default is served");
  const plainOff = off === MALFORMED ? null : off;
  const imports: FlagdFlag = {
    state: "ENABLED",
    variants: Object.keys(variants).length === 0 ? { none: false } : variants,
    defaultVariant: on ? null : plainOff,
    ...(on ? { targeting: rule } : {}),
  };
  return { key, flag: imports, missing: reading.missing, rule };
}

/** What segments lose: LaunchDarkly keeps the members of big ones elsewhere. */
function lostSegments(document: unknown): readonly string[] {
  return Object.entries(fields(own(document, "segments")))
    .filter(([, segment]) => own(segment, "unbounded") === true)
    .map(([key]) => segmentRule(key));
}

/** Imports `{flags, segments}` as LaunchDarkly's server-side SDKs get it. */
export function importLaunchdarkly(document: unknown): Imported {
  const lost = lostSegments(document);
  const drafts = Object.entries(fields(own(document, "flags"))).map(([key, flag]) => {
    const draft = importFlag(key, flag, document);
    const big = lost.filter((name) =>
      JSON.stringify(draft.rule ?? null).includes(JSON.stringify(name)),
    );
    const missing = big.map((name) => `${name}: members of a big segment are not in the file`);
    return { ...draft, missing: [...draft.missing, ...missing] };
  });
  const evaluators = [
    ...drafts.map(({ key, rule }) => [flagRule(key), rule]),
    ...Object.entries(fields(own(document, "segments"))).map(([key, segment]) => [
      segmentRule(key),
      segmentTest(key, segment, document),
    ]),
  ];
  return imported(drafts, "launchdarkly", Object.fromEntries(evaluators));
}
