import assert from "node:assert/strict";
import { test } from "node:test";

import { mergeMigrations } from "./migrations.ts";
import type { FeatureMigrations } from "./migrations.ts";

function feature(name: string, after: readonly string[], ...names: string[]): FeatureMigrations {
  const up = async (): Promise<void> => {};
  return { feature: name, after, migrations: Object.fromEntries(names.map((it) => [it, { up }])) };
}

test("migrations of all features run in the order of their names", () => {
  const merged = mergeMigrations([
    feature("flags", ["audit"], "202611240200_flags_first", "202612010000_flags_more"),
    feature("audit", [], "202611240100_audit_log", "202611300000_audit_more"),
  ]);
  assert.deepEqual(Object.keys(merged), [
    "202611240100_audit_log",
    "202611240200_flags_first",
    "202611300000_audit_more",
    "202612010000_flags_more",
  ]);
});

test("a feature cannot start before one whose tables it refers to", () => {
  assert.throws(
    () =>
      mergeMigrations([
        feature("flags", ["audit"], "202611240000_flags_a"),
        feature("audit", [], "202611240100_audit_b"),
      ]),
    /first migration of flags must come after 202611240100_audit_b/,
  );
});

test("a malformed name, another feature's name and an absent feature are refused", () => {
  assert.throws(() => mergeMigrations([feature("flags", [], "1_flags_a")]), /must be named/);
  assert.throws(
    () => mergeMigrations([feature("flags", [], "202611240000_audit_a")]),
    /must be named/,
  );
  assert.throws(
    () => mergeMigrations([feature("flags", ["audit"], "202611240000_flags_a")]),
    /absent/,
  );
});
