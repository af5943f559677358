import { items, numberOr, own, textOr } from "../reading.ts";
import { bucketIn } from "./bucket.ts";
import { compileClause } from "./clause.ts";
import type { Match } from "./clause.ts";
import { contextOf, keyOf } from "./context.ts";

/** Whether a list of keys holds the context of a kind. */
export function isListed(root: unknown, kind: unknown, keys: unknown): boolean {
  const context = contextOf(root, kind);
  return context !== null && items(keys).includes(keyOf(context));
}

/** Whether the segment names the context itself, to be in or out; null when it does not. */
export function named(root: unknown, segment: unknown): boolean | null {
  const listed = (plain: string, byKind: string): boolean =>
    isListed(root, "user", own(segment, plain)) ||
    items(own(segment, byKind)).some((list) =>
      isListed(root, own(list, "contextKind"), own(list, "values")),
    );
  if (listed("included", "includedContexts")) return true;
  return listed("excluded", "excludedContexts") ? false : null;
}

/** Whether the context is in the share of a segment's rule; all are when it has no weight. */
export function inShare(root: unknown, rule: unknown, key: string, salt: string): Match {
  const weight = own(rule, "weight");
  if (weight === undefined || weight === null) return true;
  const bucket = bucketIn(root, {
    kind: own(rule, "rolloutContextKind"),
    by: own(rule, "bucketBy"),
    seed: undefined,
    key,
    salt,
  });
  return bucket === null ? null : bucket.share < numberOr(weight, 0) / 100_000;
}

/** Matches clauses and segments of one document. */
export class Segments {
  readonly #segments: unknown;

  constructor(segments: unknown) {
    this.#segments = segments;
  }

  /** Whether all clauses match; null for malformed ones and for segments that hold themselves. */
  all(root: unknown, clauses: unknown, above: ReadonlySet<string> = new Set()): Match {
    for (const clause of items(clauses)) {
      const match =
        own(clause, "op") === "segmentMatch"
          ? this.#segmentClause(root, clause, above)
          : compileClause(clause)(root);
      if (match !== true) return match;
    }
    return true;
  }

  #segmentClause(root: unknown, clause: unknown, above: ReadonlySet<string>): Match {
    const negate = own(clause, "negate") === true;
    for (const key of items(own(clause, "values"))) {
      const match = typeof key === "string" ? this.#within(root, key, above) : false;
      if (match === null) return null;
      if (match) return !negate;
    }
    return negate;
  }

  #within(root: unknown, key: string, above: ReadonlySet<string>): Match {
    const segment = own(this.#segments, key);
    if (segment === undefined) return false;
    if (above.has(key)) return null;
    const byName = named(root, segment);
    if (byName !== null) return byName;
    const path = new Set([...above, key]);
    for (const rule of items(own(segment, "rules"))) {
      const match = this.all(root, own(rule, "clauses"), path);
      if (match === null) return null;
      const salt = textOr(own(segment, "salt"), "");
      const inside = match && inShare(root, rule, key, salt);
      if (inside !== false) return inside;
    }
    return false;
  }
}
