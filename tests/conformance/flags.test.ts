import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const SHARED = join(import.meta.dirname, "../../../shared/conformance");
const absent = existsSync(SHARED) ? false : `${SHARED} is absent`;

interface Ending {
  readonly passed: number;
  readonly failed: number;
  readonly status: number | null;
  readonly output: string;
}

function run(script: string, ...args: readonly string[]): Ending {
  const file = join(import.meta.dirname, script);
  const { stdout, status } = spawnSync(process.execPath, [file, ...args], { encoding: "utf8" });
  const [, passed, failed] = /(\d+) passed, (\d+) failed\n$/.exec(stdout) ?? [];
  return { passed: Number(passed), failed: Number(failed), status, output: stdout };
}

test(
  "every scenario of flagd's evaluator test bed passes, and its servers' evaluations",
  { skip: absent },
  () => {
    const folder = join(SHARED, "flagd-testbed");
    const evaluator = run("flagd.ts", folder);
    assert.deepEqual([evaluator.failed, evaluator.status], [0, 0], evaluator.output);
    assert.ok(evaluator.passed >= 125);
    const all = run("flagd.ts", folder, "--all");
    assert.deepEqual([all.failed, all.status], [0, 0], all.output);
    assert.ok(all.passed >= 125 + 129);
  },
);

test("the classic JsonLogic suite passes", { skip: absent }, () => {
  const ending = run("json-logic.ts", join(SHARED, "json-logic-compat"));
  assert.deepEqual([ending.failed, ending.status], [0, 0], ending.output);
  assert.ok(ending.passed >= 278);
});

test("a test bed in which one answer was changed fails", { skip: absent }, () => {
  const copy = mkdtempSync(join(tmpdir(), "paceline-flagd-"));
  try {
    cpSync(join(SHARED, "flagd-testbed/evaluator"), copy, { recursive: true, mode: 0 });
    const file = join(copy, "gherkin/semver.feature");
    const changed = readFileSync(file, "utf8").replace(
      "| 3.0.1   | minor |",
      "| 3.0.1   | none  |",
    );
    rmSync(file, { force: true });
    writeFileSync(file, changed);
    const ending = run("flagd.ts", copy);
    assert.deepEqual([ending.failed, ending.status], [1, 1], ending.output);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
