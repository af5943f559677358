import { isFields } from "./json-object.ts";
import { failure, isWithin, TOO_LARGE, under } from "./plan-check.ts";
import type { Check, Compiling, Run, Violation } from "./plan-check.ts";
import type { SchemaNode } from "./plan-schema.ts";

type Fields = Readonly<Record<string, unknown>>;
type ObjectCheck = (value: Fields, run: Run) => Violation | null;

const MISSING = failure("is missing");

export function compileObject(node: SchemaNode, compiling: Compiling): Check | null {
  const checks = [
    compileMembers(node, compiling),
    compileOthers(node, compiling),
    compileNames(node, compiling),
    compileCounts(node),
    compileDependencies(node, compiling),
  ].filter((check) => check !== null);
  const [only] = checks;
  if (only === undefined) return null;
  if (checks.length === 1) return (value, run) => (isFields(value) ? only(value, run) : null);
  return (value, run) => {
    if (!isFields(value)) return null;
    for (const check of checks) {
      const violation = check(value, run);
      if (violation !== null) return violation;
    }
    return null;
  };
}

interface Member {
  readonly name: string;
  readonly check: Check | null;
  readonly required: boolean;
  /** Whether a plain read could find what every object inherits, such as `constructor`. */
  readonly inherited: boolean;
}

function compileMembers(node: SchemaNode, compiling: Compiling): ObjectCheck | null {
  const names = [...new Set([...node.required, ...node.properties.keys()])];
  if (names.length === 0) return null;
  const members: readonly Member[] = names.map((name) => {
    const schema = node.properties.get(name);
    return {
      name,
      check: schema === undefined ? null : compiling.node(schema),
      required: node.required.includes(name),
      inherited: name in Object.prototype,
    };
  });
  return (value, run) => {
    for (const { name, check, required, inherited } of members) {
      const entry = value[name];
      if (entry === undefined || (inherited && !Object.hasOwn(value, name))) {
        if (required) return under(name, MISSING);
        continue;
      }
      if (check === null) continue;
      const violation = check(entry, run);
      if (violation !== null) return under(name, violation);
    }
    return null;
  };
}

/** Members that fit a pattern, and those that nothing names. */
function compileOthers(node: SchemaNode, compiling: Compiling): ObjectCheck | null {
  const { patternProperties, additionalProperties } = node;
  if (patternProperties.size === 0 && additionalProperties === null) return null;
  const known = new Set(node.properties.keys());
  const patterns = [...patternProperties].map(([pattern, part]) => ({
    fits: compiling.pattern(pattern),
    check: compiling.node(part),
  }));
  const rest = additionalProperties === null ? null : compiling.node(additionalProperties);
  return (value, run) => {
    for (const name of Object.keys(value)) {
      if (patterns.length === 0 && known.has(name)) continue;
      if (!isWithin(run)) return TOO_LARGE;
      let named = known.has(name);
      for (const { fits, check } of patterns) {
        if (!fits(name)) continue;
        named = true;
        const violation = check(value[name], run);
        if (violation !== null) return under(name, violation);
      }
      if (named || rest === null) continue;
      const violation = rest(value[name], run);
      if (violation !== null) return under(name, violation);
    }
    return null;
  };
}

function compileNames(node: SchemaNode, compiling: Compiling): ObjectCheck | null {
  if (node.propertyNames === null) return null;
  const check = compiling.node(node.propertyNames);
  return (value, run) => {
    for (const name of Object.keys(value)) {
      if (!isWithin(run)) return TOO_LARGE;
      const violation = check(name, run);
      if (violation !== null) return under(name, failure(`has a name that ${violation.reason}`));
    }
    return null;
  };
}

function compileCounts({ minProperties, maxProperties }: SchemaNode): ObjectCheck | null {
  if (minProperties === null && maxProperties === null) return null;
  const few = failure(`must have ${minProperties} properties or more`);
  const many = failure(`must have ${maxProperties} properties or fewer`);
  return (value) => {
    const count = Object.keys(value).length;
    if (minProperties !== null && count < minProperties) return few;
    return maxProperties !== null && count > maxProperties ? many : null;
  };
}

function compileDependencies(node: SchemaNode, compiling: Compiling): ObjectCheck | null {
  const names = [...node.dependentRequired];
  const schemas = [...node.dependentSchemas].map(
    ([name, part]) => [name, compiling.node(part)] as const,
  );
  if (names.length === 0 && schemas.length === 0) return null;
  return (value, run) => {
    for (const [name, needed] of names) {
      if (!Object.hasOwn(value, name)) continue;
      const absent = needed.find((other) => !Object.hasOwn(value, other));
      if (absent !== undefined) {
        return under(absent, failure(`is missing, and is needed with ${name}`));
      }
    }
    for (const [name, check] of schemas) {
      if (!Object.hasOwn(value, name)) continue;
      const violation = check(value, run);
      if (violation !== null) return violation;
    }
    return null;
  };
}
