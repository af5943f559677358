import type { Comparing, PlanChange } from "./plan-change.ts";
import { compilePlan } from "./plan-compile.ts";
import { compareArrays } from "./plan-diff-arrays.ts";
import { compareLogic } from "./plan-diff-logic.ts";
import { compareObjects } from "./plan-diff-objects.ts";
import { compareNumbers, compareTexts } from "./plan-diff-scalars.ts";
import { JSON_TYPES, sameJson } from "./plan-schema.ts";
import type { JsonType, PlanSchema, SchemaNode } from "./plan-schema.ts";
import { gravestLevel } from "./plan-version.ts";
import type { ChangeLevel } from "./plan-version.ts";

/** What a new version of a plan changes for those who send its event. */
export interface PlanComparison {
  /** The gravest first, then in the order of the document. */
  readonly changes: readonly PlanChange[];
  /** The smallest step of the version that the changes allow; null where nothing changed. */
  readonly level: ChangeLevel | null;
}

/**
 * Compares two versions of a schema: whether every event that the old one takes is taken by the new
 * one. A change that cannot be shown to keep all of them is a MODEL change, also where it happens to
 * keep them: the answer errs towards the larger step, never towards a broken client.
 */
export function comparePlans(before: PlanSchema, after: PlanSchema): PlanComparison {
  const found: PlanChange[] = [];
  const effort = { spent: 0 };
  const direction = { before, after, name: "forward" as const };
  const comparing = comparingOf(direction, new Set(), effort, (change) => found.push(change));
  comparing.nodes(before.root, after.root);
  if (effort.spent > MAX_EFFORT) {
    found.push({ level: "MODEL", pointer: "", reason: "is too entangled to be compared" });
  }
  const order = { MODEL: 0, REVISION: 1, ADDITION: 2 };
  const unique = new Map(found.map((change) => [JSON.stringify(change), change]));
  const changes = [...unique.values()].toSorted((a, b) => order[a.level] - order[b.level]);
  return { changes, level: gravestLevel(changes.map(({ level }) => level)) };
}

/** Pairs of nodes that one comparison may look at; alternatives nested in alternatives multiply. */
const MAX_EFFORT = 50_000;

interface Direction {
  readonly before: PlanSchema;
  readonly after: PlanSchema;
  readonly name: "forward" | "backward";
}

/**
 * @param open pairs that are being judged further out. A recursive schema comes back to them; they
 * count as kept, because each round goes deeper into a finite event, and if they turn out not to be,
 * the one further out says so
 */
function comparingOf(
  direction: Direction,
  open: ReadonlySet<string>,
  effort: { spent: number },
  report: (change: PlanChange) => void,
): Comparing {
  const { before, after, name } = direction;
  const closed = new Set<string>();
  let inside = open;
  const comparing: Comparing = {
    report,
    nodes(old, next) {
      const [a, b] = [follow(old, before), follow(next, after)];
      // All nodes that say nothing are one; they could be followed inwards without end.
      const pair = `${name} ${isBlank(a) ? "*" : a.pointer} ${isBlank(b) ? "*" : b.pointer}`;
      if (closed.has(pair) || inside.has(pair)) return;
      effort.spent += 1;
      if (effort.spent > MAX_EFFORT) {
        report({ level: "MODEL", pointer: b.pointer, reason: "is too entangled to be compared" });
        return;
      }
      if (comparing.same(a, b)) {
        closed.add(pair);
        return;
      }
      const outside = inside;
      inside = new Set([...inside, pair]);
      compareNodes(a, b, comparing);
      inside = outside;
      closed.add(pair);
    },
    keeps(old, next) {
      const found: PlanChange[] = [];
      comparingOf(direction, inside, effort, (change) => found.push(change)).nodes(old, next);
      return found.every(({ level }) => level !== "MODEL");
    },
    loses: (old, next, values) => {
      const [was, is] = [
        compilePlan({ root: old, nodes: before.nodes }),
        compilePlan({ root: next, nodes: after.nodes }),
      ];
      return values.filter((value) => was.check(value) === null && is.check(value) !== null);
    },
    reversed() {
      const other = name === "forward" ? "backward" : "forward";
      const back: Direction = { before: after, after: before, name: other };
      return comparingOf(back, inside, effort, report);
    },
    same: (old, next) => sameNodes(old, next, before, after),
  };
  return comparing;
}

/** A node that is nothing but a reference stands for what it names. */
function follow(node: SchemaNode, schema: PlanSchema): SchemaNode {
  let current = node;
  for (let hops = 0; hops < schema.nodes.size; hops += 1) {
    if (current.ref === null || saysMore(current)) return current;
    const target = schema.nodes.get(current.ref);
    if (target === undefined) return current;
    current = target;
  }
  return current;
}

/** Whether a node takes everything, because it says nothing. */
function isBlank(node: SchemaNode): boolean {
  return node.ref === null && !node.never && !saysMore(node);
}

function saysMore(node: SchemaNode): boolean {
  return Object.entries(node).some(([key, value]) => {
    if (key === "pointer" || key === "ref" || value === null || value === false) return false;
    if (Array.isArray(value)) return value.length > 0;
    return !(value instanceof Map) || value.size > 0;
  });
}

/** Whether two nodes say the same, word for word and with the same meaning of every reference. */
function sameNodes(
  old: SchemaNode,
  next: SchemaNode,
  before: PlanSchema,
  after: PlanSchema,
): boolean {
  const met = new Set<string>();
  const same = (a: SchemaNode, b: SchemaNode): boolean => {
    const pair = `${a.pointer} ${b.pointer}`;
    if (met.has(pair)) return true;
    met.add(pair);
    if ((a.ref === null) !== (b.ref === null)) return false;
    if (a.ref !== null && b.ref !== null) {
      const [left, right] = [before.nodes.get(a.ref), after.nodes.get(b.ref)];
      if (left === undefined || right === undefined || !same(left, right)) return false;
    }
    return partsOf(a).every(([key, part]) => sameParts(part, new Map(partsOf(b)).get(key), same));
  };
  return same(old, next);
}

function partsOf(node: SchemaNode): [string, unknown][] {
  return Object.entries(node).filter(([key]) => key !== "pointer" && key !== "ref");
}

type Same = (a: SchemaNode, b: SchemaNode) => boolean;

function sameParts(a: unknown, b: unknown, same: Same): boolean {
  if (isNode(a) || isNode(b)) return isNode(a) && isNode(b) && same(a, b);
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, part]) => sameParts(part, b.get(key), same));
  }
  if (Array.isArray(a) && Array.isArray(b) && [...a, ...b].some(isNode)) {
    return a.length === b.length && a.every((part, index) => sameParts(part, b[index], same));
  }
  return sameJson(a, b);
}

function isNode(value: unknown): value is SchemaNode {
  return typeof value === "object" && value !== null && "pointer" in value && "never" in value;
}

function compareNodes(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  const { report } = comparing;
  if (old.never) {
    if (!next.never) {
      report({ level: "ADDITION", pointer: next.pointer, reason: "may be sent now" });
    }
    return;
  }
  if (next.never) {
    report({ level: "MODEL", pointer: next.pointer, reason: "may not be sent any more" });
    return;
  }
  if (isBlank(next)) {
    if (!isBlank(old)) {
      report({ level: "REVISION", pointer: next.pointer, reason: "takes anything now" });
    }
    return;
  }
  if (old.ref !== null || next.ref !== null) compareReferences(old, next, comparing);
  // The old values are few and known: each can be tried.
  if (old.allowed !== null) {
    compareTried(old, old.allowed, next, comparing);
    return;
  }
  const types = compareTypes(old, next, comparing);
  compareAllowed(next, comparing);
  if (types.has("number") || types.has("integer")) compareNumbers(old, next, report);
  if (types.has("string")) compareTexts(old, next, report);
  if (types.has("array")) compareArrays(old, next, comparing);
  if (types.has("object")) compareObjects(old, next, comparing);
  compareLogic(old, next, comparing);
}

function compareReferences(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  if (comparing.same(old, next)) return;
  const pointer = `${next.pointer}/$ref`;
  if (next.ref === null) {
    comparing.report({
      level: "REVISION",
      pointer: next.pointer,
      reason: "no longer asks for what it referred to",
    });
    return;
  }
  comparing.report({
    level: "MODEL",
    pointer,
    reason: "a reference beside other rules changed, and may ask for more than before",
  });
}

function compareTried(
  old: SchemaNode,
  values: readonly unknown[],
  next: SchemaNode,
  comparing: Comparing,
): void {
  const pointer = next.allowed === null ? next.pointer : allowedPointer(next.pointer, next.allowed);
  const lost = comparing.loses(old, next, values);
  if (lost.length > 0) {
    comparing.report({ level: "MODEL", pointer, reason: `no longer takes ${listed(lost)}` });
  }
  const gained = next.allowed?.filter((value) => !values.some((one) => sameJson(one, value)));
  if (gained === undefined) {
    const reason = "takes more than the values that were listed";
    comparing.report({ level: "REVISION", pointer, reason });
  } else if (gained.length > 0) {
    comparing.report({ level: "REVISION", pointer, reason: `takes ${listed(gained)} too` });
  } else if (lost.length === 0) {
    comparing.report({ level: "REVISION", pointer, reason: "other rules for the values changed" });
  }
}

function allowedPointer(pointer: string, allowed: readonly unknown[]): string {
  return `${pointer}/${allowed.length === 1 ? "const" : "enum"}`;
}

function listed(values: readonly unknown[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}

/** What a node's values may be; an integer is a number too. */
function typesOf({ types }: SchemaNode): ReadonlySet<JsonType> {
  const set = new Set<JsonType>(types ?? JSON_TYPES);
  if (set.has("number")) set.add("integer");
  return set;
}

/** @returns the types of the old node: rules about other types cannot cost it anything */
function compareTypes(
  old: SchemaNode,
  next: SchemaNode,
  { report }: Comparing,
): ReadonlySet<JsonType> {
  const [had, has] = [typesOf(old), typesOf(next)];
  const beyond = (set: ReadonlySet<JsonType>, other: ReadonlySet<JsonType>): JsonType[] => {
    const types = [...set].filter((type) => !other.has(type));
    return types.includes("number") ? types.filter((type) => type !== "integer") : types;
  };
  const [lost, gained] = [beyond(had, has), beyond(has, had)];
  const pointer = `${next.pointer}/type`;
  if (lost.length > 0) {
    report({ level: "MODEL", pointer, reason: `no longer takes ${lost.join(", ")}` });
  }
  if (gained.length > 0) {
    report({ level: "REVISION", pointer, reason: `takes ${gained.join(", ")} too` });
  }
  return had;
}

function compareAllowed({ allowed, pointer }: SchemaNode, { report }: Comparing): void {
  if (allowed === null) return;
  const reason = `takes only ${listed(allowed)} now`;
  report({ level: "MODEL", pointer: allowedPointer(pointer, allowed), reason });
}
