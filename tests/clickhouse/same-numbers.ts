import assert from "node:assert/strict";

/** Engines add doubles up in different orders. */
const RELATIVE = 1e-12;
/** What is a double also where its value is whole. */
const DOUBLES: ReadonlySet<string> = new Set(["mean", "m2", "coMoment", "sum"]);
/** JSON text: one engine keeps it as it was sent, the other writes its numbers anew. */
const JSON_TEXTS: ReadonlySet<string> = new Set(["properties", "context"]);
/** A share by which an estimate of distinct units may be off, and a number for small ones. */
const ESTIMATE = 0.1;
const SMALL_ESTIMATE = 2;

/**
 * Holds two answers to each other: whole numbers and texts are equal, doubles up to the order of
 * addition, `estimated` fields up to what an estimate may be off.
 */
export function assertSame(
  actual: unknown,
  expected: unknown,
  estimated: ReadonlySet<string> = new Set(),
  path = "",
): void {
  const key = path.split(".").at(-1) ?? "";
  if (typeof expected === "number" && typeof actual === "number") {
    const allowed = allowedDifference(key, expected, estimated);
    assert.ok(Math.abs(actual - expected) <= allowed, `${path}: ${actual} instead of ${expected}`);
    return;
  }
  if (typeof expected === "string" && typeof actual === "string" && JSON_TEXTS.has(key)) {
    assert.deepEqual(JSON.parse(actual), JSON.parse(expected), path);
    return;
  }
  if (typeof expected !== "object" || expected === null) {
    assert.equal(actual, expected, path);
    return;
  }
  assert.ok(typeof actual === "object" && actual !== null, `${path} is missing`);
  const [found, wanted] = [new Map(Object.entries(actual)), Object.entries(expected)];
  assert.deepEqual([...found.keys()].toSorted(), wanted.map(([key]) => key).toSorted(), path);
  for (const [key, value] of wanted) assertSame(found.get(key), value, estimated, `${path}.${key}`);
}

function allowedDifference(key: string, expected: number, estimated: ReadonlySet<string>): number {
  if (estimated.has(key)) return Math.max(SMALL_ESTIMATE, ESTIMATE * expected);
  const double = DOUBLES.has(key) || !Number.isInteger(expected);
  return double ? RELATIVE * Math.max(1, Math.abs(expected)) : 0;
}
