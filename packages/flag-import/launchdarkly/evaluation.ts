import { items, numberOr, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { rolledOut } from "./bucket.ts";
import { contextOf, keyOf, kindsOf } from "./context.ts";
import { isListed, Segments } from "./segment.ts";

/** The answer for one flag in LaunchDarkly's words; no index where the code's default is served. */
export interface LaunchdarklyEvaluation {
  readonly value: unknown;
  readonly variationIndex?: number;
  readonly reason: Fields;
}

/** The variation that the targets name for the context, or null. */
export function targeted(root: unknown, flag: unknown): number | null {
  const plain = items(own(flag, "targets"));
  const byKind = items(own(flag, "contextTargets"));
  const hit = (target: unknown): boolean =>
    isListed(root, own(target, "contextKind"), own(target, "values"));
  const matches = (target: unknown): boolean => {
    const kind = textOr(own(target, "contextKind"), "") || "user";
    if (kind !== "user") return hit(target);
    // The keys of users stay in the old list; the new one only gives the order.
    return plain.some((one) => own(one, "variation") === own(target, "variation") && hit(one));
  };
  const found = byKind.length === 0 ? plain.find(hit) : byKind.find(matches);
  return found === undefined ? null : numberOr(own(found, "variation"), -1);
}

const ERROR = (errorKind: string): Fields => ({ kind: "ERROR", errorKind });

/** Whether a context names whom it is about. */
export function isUsable(root: unknown): boolean {
  const kinds = kindsOf(root);
  return (
    kinds.length > 0 &&
    kinds.every((kind) => {
      const context = contextOf(root, kind);
      return context !== null && keyOf(context) !== "";
    })
  );
}

class Evaluator {
  readonly #document: unknown;
  readonly #segments: Segments;

  constructor(document: unknown) {
    this.#document = document;
    this.#segments = new Segments(own(document, "segments"));
  }

  flag(root: unknown, key: string, above: ReadonlySet<string>): LaunchdarklyEvaluation {
    const flag = own(own(this.#document, "flags"), key);
    if (flag === undefined) return { value: undefined, reason: ERROR("FLAG_NOT_FOUND") };
    const off = own(flag, "offVariation");
    const refused = (reason: Fields): LaunchdarklyEvaluation =>
      off === undefined || off === null
        ? { value: undefined, reason }
        : served(flag, numberOr(off, -1), reason);
    if (own(flag, "on") !== true) return refused({ kind: "OFF" });
    const path = new Set([...above, key]);
    for (const prerequisite of items(own(flag, "prerequisites"))) {
      const name = textOr(own(prerequisite, "key"), "");
      if (path.has(name)) return malformed();
      const { variationIndex, reason } = this.flag(root, name, path);
      if (reason["errorKind"] === "MALFORMED_FLAG") return malformed();
      const on = own(own(own(this.#document, "flags"), name), "on") === true;
      if (!on || variationIndex !== own(prerequisite, "variation")) {
        return refused({ kind: "PREREQUISITE_FAILED", prerequisiteKey: name });
      }
    }
    const target = targeted(root, flag);
    if (target !== null) return served(flag, target, { kind: "TARGET_MATCH" });
    return this.#rules(root, flag, key);
  }

  #rules(root: unknown, flag: unknown, key: string): LaunchdarklyEvaluation {
    for (const [ruleIndex, rule] of items(own(flag, "rules")).entries()) {
      const match = this.#segments.all(root, own(rule, "clauses"));
      if (match === null) return malformed();
      if (!match) continue;
      const id = own(rule, "id");
      const named = typeof id === "string" && id !== "" ? { ruleId: id } : {};
      return decided(root, flag, key, rule, { kind: "RULE_MATCH", ruleIndex, ...named });
    }
    return decided(root, flag, key, own(flag, "fallthrough"), { kind: "FALLTHROUGH" });
  }
}

function malformed(): LaunchdarklyEvaluation {
  return { value: undefined, reason: ERROR("MALFORMED_FLAG") };
}

function served(flag: unknown, variationIndex: number, reason: Fields): LaunchdarklyEvaluation {
  const variations = items(own(flag, "variations"));
  const there = Number.isInteger(variationIndex) && variationIndex in variations;
  return there ? { value: variations[variationIndex], variationIndex, reason } : malformed();
}

function decided(
  root: unknown,
  flag: unknown,
  key: string,
  decision: unknown,
  reason: Fields,
): LaunchdarklyEvaluation {
  const variation = own(decision, "variation");
  if (typeof variation === "number") return served(flag, variation, reason);
  const rollout = own(decision, "rollout");
  const allotted = rolledOut(root, rollout, key, textOr(own(flag, "salt"), ""));
  if (allotted === null) return malformed();
  const tracked = allotted.inExperiment ? { inExperiment: true } : {};
  return served(flag, allotted.variation, { ...reason, ...tracked });
}

/** Evaluates a flag of the imported document with LaunchDarkly's reason. */
export function launchdarklyEvaluation(
  document: unknown,
  key: string,
  context: unknown,
): LaunchdarklyEvaluation {
  if (!isUsable(context)) return { value: undefined, reason: ERROR("USER_NOT_SPECIFIED") };
  return new Evaluator(document).flag(context, key, new Set());
}
