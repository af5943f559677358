import type { SchemaNode } from "./plan-schema.ts";
import type { ChangeLevel } from "./plan-version.ts";

/** One difference between two versions of a schema. */
export interface PlanChange {
  readonly level: ChangeLevel;
  /** JSON pointer into the new document; into the old one for what is gone. */
  readonly pointer: string;
  readonly reason: string;
}

/** What the parts of the comparison ask of each other. */
export interface Comparing {
  readonly report: (change: PlanChange) => void;
  /** Reports what changes from one node to the other. */
  readonly nodes: (old: SchemaNode, next: SchemaNode) => void;
  /** Whether everything that `old` takes is certainly taken by `next`. */
  readonly keeps: (old: SchemaNode, next: SchemaNode) => boolean;
  /** Those of some values that the old node takes and the new one does not. */
  readonly loses: (
    old: SchemaNode,
    next: SchemaNode,
    values: readonly unknown[],
  ) => readonly unknown[];
  /** Whether two nodes say the same. */
  readonly same: (old: SchemaNode, next: SchemaNode) => boolean;
  /** The same questions from the new document to the old one. */
  readonly reversed: () => Comparing;
}

/** Reports the change of a bound that, where it is absent, holds nothing back. */
export function compareBound(
  old: number | null,
  next: number | null,
  bound: { readonly pointer: string; readonly word: string; readonly lower: boolean },
  report: (change: PlanChange) => void,
): void {
  if (old === next) return;
  const { pointer, word, lower } = bound;
  if (next === null) {
    report({ level: "REVISION", pointer, reason: `${word} is no longer bounded by ${old}` });
    return;
  }
  const stricter = old === null || (lower ? next > old : next < old);
  report({
    level: stricter ? "MODEL" : "REVISION",
    pointer,
    reason: `${word} must be ${next} or ${lower ? "more" : "less"}${old === null ? "" : `, was ${old}`}`,
  });
}
