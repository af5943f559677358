import { isRecord, text } from "./coercion.ts";
import { compileArguments, literal } from "./logic.ts";
import type { Frame, Operator, Run } from "./logic.ts";

const INHERITED: readonly object[] = [
  Object.prototype,
  Array.prototype,
  String.prototype,
  Number.prototype,
];

/** Plain reading may follow the prototype: names found there need the slow, own-only way. */
function isInherited(name: string): boolean {
  return INHERITED.some((prototype) => name in prototype);
}

function ownValue(data: unknown, name: string): unknown {
  if (isRecord(data)) return Object.hasOwn(data, name) ? data[name] : undefined;
  if (typeof data !== "string") return undefined;
  return name === "length" ? data.length : /^\d+$/.test(name) ? data[Number(name)] : undefined;
}

function flagdValue(name: string | undefined, frame: Frame): unknown {
  if (name === "flagKey") return frame.flagKey;
  // Unix seconds, as flagd gives them.
  if (name === "timestamp") return Math.floor(frame.nowMs / 1000);
  return undefined;
}

/** Reads `path` (dots descend) from the data; undefined when a step of it is not there. */
export function lookup(data: unknown, path: unknown, frame: Frame): unknown {
  if (path === undefined || path === null || path === "") return data;
  const names = text(path).split(".");
  if (names[0] === "$flagd" && data === frame.root) return flagdValue(names[1], frame);
  return names.reduce<unknown>(ownValue, data);
}

/** What reads one attribute by its plain name, with that name: a comparison reads it by itself. */
export const attributes = new WeakMap<Run, string>();

/** As the `Run` would, of which `attributes` knows the name. */
export function attributeOf(data: unknown, name: string): unknown {
  const value = isRecord(data) ? data[name] : ownValue(data, name);
  return value === undefined ? null : value;
}

/** `var`: null, or the second argument, when the attribute is not there. */
export const variable: Operator = (values, scope) => {
  const [path = literal(""), fallback = literal(null)] = compileArguments(values, scope);
  if (path.literal === undefined || fallback.literal === undefined) {
    return (data, frame) => {
      const value = lookup(data, path.run(data, frame), frame);
      return value === undefined ? fallback.run(data, frame) : value;
    };
  }
  return readPath(path.literal.value, fallback.literal.value, scope.atRoot);
};

function readPath(path: unknown, absent: unknown, atRoot: boolean): Run {
  const orAbsent = (value: unknown): unknown => (value === undefined ? absent : value);
  if (path === null || path === undefined || path === "") return (data) => data;
  const names = text(path).split(".");
  if (names[0] === "$flagd" && atRoot) {
    return (_data, frame) => orAbsent(flagdValue(names[1], frame));
  }
  if (names.some(isInherited)) return (data) => orAbsent(names.reduce<unknown>(ownValue, data));
  const [name] = names;
  if (name !== undefined && names.length === 1) {
    const run: Run = (data) => orAbsent(isRecord(data) ? data[name] : ownValue(data, name));
    if (absent === null) attributes.set(run, name);
    return run;
  }
  return (data) => {
    let value = data;
    for (const step of names) value = isRecord(value) ? value[step] : ownValue(value, step);
    return orAbsent(value);
  };
}
