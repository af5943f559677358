import { compareBound } from "./plan-change.ts";
import type { Comparing } from "./plan-change.ts";
import type { SchemaNode } from "./plan-schema.ts";
import { anything } from "./plan-schema.ts";

export function compareArrays(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  const { report } = comparing;
  const { pointer } = next;
  const bound = (keyword: "minItems" | "maxItems", lower: boolean): void =>
    compareBound(
      old[keyword],
      next[keyword],
      { pointer: `${pointer}/${keyword}`, word: "the number of entries", lower },
      report,
    );
  bound("minItems", true);
  bound("maxItems", false);
  if (old.uniqueItems !== next.uniqueItems) {
    report({
      level: next.uniqueItems ? "MODEL" : "REVISION",
      pointer: `${pointer}/uniqueItems`,
      reason: next.uniqueItems ? "may not repeat an entry any more" : "may repeat entries",
    });
  }
  const places = Math.max(old.prefixItems.length, next.prefixItems.length);
  const entryOf = (node: SchemaNode, place: number): SchemaNode =>
    node.prefixItems[place] ?? node.items ?? anything(`${node.pointer}/items`);
  for (let place = 0; place < places; place += 1) {
    comparing.nodes(entryOf(old, place), entryOf(next, place));
  }
  comparing.nodes(entryOf(old, places), entryOf(next, places));
  compareContains(old, next, comparing);
}

function compareContains(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  if (next.contains === null && old.contains === null) return;
  const pointer = `${next.pointer}/contains`;
  if (next.contains === null) {
    comparing.report({ level: "REVISION", pointer, reason: "needs no such entry any more" });
    return;
  }
  if (old.contains === null || !comparing.same(old.contains, next.contains)) {
    // An entry that may be absent and may repeat asks for nothing.
    if (next.minContains === 0 && next.maxContains === null) return;
    comparing.report({ level: "MODEL", pointer, reason: "asks for other entries than before" });
    return;
  }
  const bound = { word: "the number of such entries" };
  compareBound(
    old.minContains ?? 1,
    next.minContains ?? 1,
    { ...bound, pointer: `${next.pointer}/minContains`, lower: true },
    comparing.report,
  );
  compareBound(
    old.maxContains,
    next.maxContains,
    { ...bound, pointer: `${next.pointer}/maxContains`, lower: false },
    comparing.report,
  );
}
