import { compareBound } from "./plan-change.ts";
import type { Comparing } from "./plan-change.ts";
import { anything, pointerStep } from "./plan-schema.ts";
import type { SchemaNode } from "./plan-schema.ts";

export function compareObjects(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  compareRequired(old, next, comparing);
  compareMembers(old, next, comparing);
  compareDependencies(old, next, comparing);
  const bound = (keyword: "minProperties" | "maxProperties", lower: boolean): void =>
    compareBound(
      old[keyword],
      next[keyword],
      { pointer: `${next.pointer}/${keyword}`, word: "the number of properties", lower },
      comparing.report,
    );
  bound("minProperties", true);
  bound("maxProperties", false);
  const names = (node: SchemaNode): SchemaNode =>
    node.propertyNames ?? anything(`${node.pointer}/propertyNames`);
  comparing.nodes(names(old), names(next));
}

function compareRequired(old: SchemaNode, next: SchemaNode, { report }: Comparing): void {
  const pointer = `${next.pointer}/required`;
  for (const name of next.required) {
    if (old.required.includes(name)) continue;
    report({ level: "MODEL", pointer, reason: `${name} must be sent now` });
  }
  for (const name of old.required) {
    if (next.required.includes(name)) continue;
    report({ level: "REVISION", pointer, reason: `${name} may be left out now` });
  }
}

function compareMembers(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  if (old.patternProperties.size > 0 || next.patternProperties.size > 0) {
    comparePatterned(old, next, comparing);
    return;
  }
  for (const [name, is] of next.properties) {
    const was = old.properties.get(name);
    if (was === undefined) compareNew(old, is, name, comparing);
    else comparing.nodes(was, is);
  }
  for (const [name, was] of old.properties) {
    if (!next.properties.has(name)) compareGone(was, next, name, comparing);
  }
  comparing.nodes(othersOf(old), othersOf(next));
}

/** What holds for members that nothing names. */
function othersOf(node: SchemaNode): SchemaNode {
  return node.additionalProperties ?? anything(`${node.pointer}/additionalProperties`);
}

function compareNew(old: SchemaNode, is: SchemaNode, name: string, comparing: Comparing): void {
  const others = othersOf(old);
  if (others.never) {
    if (!is.never) {
      comparing.report({
        level: "ADDITION",
        pointer: is.pointer,
        reason: `${name} is new and may be left out`,
      });
    }
    return;
  }
  comparing.report(
    comparing.keeps(others, is)
      ? { level: "ADDITION", pointer: is.pointer, reason: `${name} is described now` }
      : {
          level: "MODEL",
          pointer: is.pointer,
          reason: `${name} could be sent in any form so far, and events may do so; plans with \`additionalProperties: false\` can add a property without that`,
        },
  );
}

function compareGone(was: SchemaNode, next: SchemaNode, name: string, comparing: Comparing): void {
  if (was.never) return;
  const others = othersOf(next);
  const pointer = was.pointer;
  comparing.report(
    comparing.keeps(was, others)
      ? { level: "REVISION", pointer, reason: `${name} is no longer described` }
      : { level: "MODEL", pointer, reason: `${name} may not be sent as before any more` },
  );
}

/** Which patterns a name fits is not worked out here: what is not plainly the same may break. */
function comparePatterned(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  const pointer = `${next.pointer}/patternProperties`;
  const sameNames =
    sameKeys(old.patternProperties, next.patternProperties) &&
    sameKeys(old.properties, next.properties);
  if (sameNames) {
    for (const [name, is] of [...next.properties, ...next.patternProperties]) {
      const was = old.properties.get(name) ?? old.patternProperties.get(name);
      if (was !== undefined) comparing.nodes(was, is);
    }
    comparing.nodes(othersOf(old), othersOf(next));
    return;
  }
  const opened = next.patternProperties.size === 0 && next.properties.size === 0;
  if (opened && next.additionalProperties === null) {
    comparing.report({ level: "REVISION", pointer, reason: "properties are no longer described" });
    return;
  }
  comparing.report({
    level: "MODEL",
    pointer,
    reason: "properties named by pattern changed, and may ask for more than before",
  });
}

function sameKeys(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  return a.size === b.size && [...a.keys()].every((key) => b.has(key));
}

function compareDependencies(old: SchemaNode, next: SchemaNode, comparing: Comparing): void {
  const { report } = comparing;
  const at = (keyword: string, name: string): string =>
    `${next.pointer}/${keyword}${pointerStep(name)}`;
  const triggers = new Set([...old.dependentRequired.keys(), ...next.dependentRequired.keys()]);
  for (const name of triggers) {
    const pointer = at("dependentRequired", name);
    const was = [...(old.dependentRequired.get(name) ?? []), ...old.required];
    const is = [...(next.dependentRequired.get(name) ?? []), ...next.required];
    for (const other of is.filter((one) => !was.includes(one) && !next.required.includes(one))) {
      report({ level: "MODEL", pointer, reason: `${other} must be sent with ${name} now` });
    }
    for (const other of was.filter((one) => !is.includes(one) && !old.required.includes(one))) {
      report({ level: "REVISION", pointer, reason: `${other} may be left out with ${name} now` });
    }
  }
  for (const name of new Set([...old.dependentSchemas.keys(), ...next.dependentSchemas.keys()])) {
    const was = old.dependentSchemas.get(name);
    const is = next.dependentSchemas.get(name);
    const pointer = at("dependentSchemas", name);
    if (is === undefined) {
      report({ level: "REVISION", pointer, reason: `${name} asks for nothing else any more` });
    } else if (was === undefined) {
      report({ level: "MODEL", pointer, reason: `${name} asks for more than before` });
    } else comparing.nodes(was, is);
  }
}
