import type { Comparing } from "./plan-change.ts";
import type { SchemaNode } from "./plan-schema.ts";

/** Rules that combine others: what is not plainly the same, or wider, may break. */
export function compareLogic(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  compareAllOf(old, next, comparing);
  compareAnyOf(old, next, comparing);
  compareOneOf(old, next, comparing);
  compareNot(old, next, comparing);
  compareConditions(old, next, comparing);
}

function compareAllOf(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  for (const part of next.allOf) {
    const kept = old.allOf.some((was) => comparing.keeps(was, part)) || comparing.keeps(old, part);
    if (kept) continue;
    comparing.report({
      level: "MODEL",
      pointer: part.pointer,
      reason: "asks for something that was not asked for before",
    });
  }
  for (const was of old.allOf) {
    if (next.allOf.some((part) => comparing.same(was, part))) continue;
    comparing.report({
      level: "REVISION",
      pointer: was.pointer,
      reason: "is not asked for as before",
    });
  }
}

function compareAnyOf(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  const pointer = `${next.pointer}/anyOf`;
  if (next.anyOf.length === 0) {
    if (old.anyOf.length > 0) {
      comparing.report({ level: "REVISION", pointer, reason: "any form is taken now" });
    }
    return;
  }
  if (old.anyOf.length === 0) {
    const kept = next.anyOf.some((branch) => comparing.keeps({ ...old, anyOf: [] }, branch));
    comparing.report(
      kept
        ? { level: "REVISION", pointer, reason: "further forms are taken now" }
        : { level: "MODEL", pointer, reason: "takes only the listed forms now" },
    );
    return;
  }
  for (const was of old.anyOf) {
    if (next.anyOf.some((is) => comparing.keeps(was, is))) continue;
    comparing.report({
      level: "MODEL",
      pointer: was.pointer,
      reason: "this form is not taken any more",
    });
  }
  for (const is of next.anyOf) {
    if (old.anyOf.some((was) => comparing.same(was, is))) continue;
    comparing.report({
      level: "REVISION",
      pointer: is.pointer,
      reason: "this form is new or wider",
    });
  }
}

function compareOneOf(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  const pointer = `${next.pointer}/oneOf`;
  if (next.oneOf.length === 0) {
    if (old.oneOf.length > 0) {
      comparing.report({ level: "REVISION", pointer, reason: "any form is taken now" });
    }
    return;
  }
  const same =
    old.oneOf.length === next.oneOf.length &&
    old.oneOf.every((was, place) => {
      const is = next.oneOf[place];
      return is !== undefined && comparing.same(was, is);
    });
  if (same) return;
  comparing.report({
    level: "MODEL",
    pointer,
    reason: "an event may now fit none or several of the forms, of which it must fit one",
  });
}

function compareNot(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  if (next.not === null) {
    if (old.not !== null) {
      comparing.report({
        level: "REVISION",
        pointer: `${next.pointer}/not`,
        reason: "rules nothing out any more",
      });
    }
    return;
  }
  if (old.not !== null && comparing.same(old.not, next.not)) return;
  // What is ruled out now must have been ruled out before.
  const kept = old.not !== null && comparing.reversed().keeps(next.not, old.not);
  comparing.report({
    level: kept ? "REVISION" : "MODEL",
    pointer: next.not.pointer,
    reason: kept ? "rules less out than before" : "rules more out than before",
  });
}

function compareConditions(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  const pointer = `${next.pointer}/if`;
  const asks = ({ condition, whenMet, whenUnmet }: SchemaNode): boolean =>
    condition !== null && (whenMet !== null || whenUnmet !== null);
  if (!asks(next)) {
    if (asks(old)) {
      comparing.report({ level: "REVISION", pointer, reason: "depends on nothing any more" });
    }
    return;
  }
  const same = (["condition", "whenMet", "whenUnmet"] as const).every((key) => {
    const [was, is] = [old[key], next[key]];
    if (was === null || is === null) return was === is;
    return comparing.same(was, is);
  });
  if (same) return;
  comparing.report({
    level: "MODEL",
    pointer,
    reason: "the condition changed, and may ask for more than before",
  });
}
