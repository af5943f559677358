import { isRecord, text } from "./coercion.ts";
import { compileArguments, literal } from "./logic.ts";
import type { Frame, Operator, Run, Scope } from "./logic.ts";

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

// So many attributes of a set have a place of their own.
const PLACES = 5;

/** V8 learns by the place in the source how to read a name there, and is slow where there are many. */
function readAt(data: Readonly<Record<string, unknown>>, name: string, place: number): unknown {
  switch (place) {
    case 0:
      return data[name];
    case 1:
      return data[name];
    case 2:
      return data[name];
    case 3:
      return data[name];
    case 4:
      return data[name];
    default:
      return data[name];
  }
}

/** What a `Run` with this attribute gives. */
export function attributeOf(data: unknown, name: string, place: number): unknown {
  return (isRecord(data) ? readAt(data, name, place) : ownValue(data, name)) ?? null;
}

function placeOf(name: string, names: string[]): number {
  if (names.length < PLACES && !names.includes(name)) names.push(name);
  return names.indexOf(name);
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
  return readPath(path.literal.value, fallback.literal.value, scope);
};

function readPath(path: unknown, absent: unknown, { atRoot, session }: Scope): Run {
  const orAbsent = (value: unknown): unknown => (value === undefined ? absent : value);
  if (path === null || path === undefined || path === "") return (data) => data;
  const names = text(path).split(".");
  if (names[0] === "$flagd" && atRoot) {
    return (_data, frame) => orAbsent(flagdValue(names[1], frame));
  }
  if (names.some(isInherited)) return (data) => orAbsent(names.reduce<unknown>(ownValue, data));
  const [name] = names;
  if (name !== undefined && names.length === 1 && absent === null) {
    const place = placeOf(name, session.names);
    const run: Run = (data) => attributeOf(data, name, place);
    run.attribute = { name, place };
    return run;
  }
  return (data) => {
    let value = data;
    for (const step of names) value = isRecord(value) ? value[step] : ownValue(value, step);
    return orAbsent(value);
  };
}
