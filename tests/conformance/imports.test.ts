import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const UNLEASH = dirname(
  fileURLToPath(import.meta.resolve("@unleash/client-specification/specifications/index.json")),
);

interface Ending {
  readonly passed: number;
  readonly failed: number;
  readonly status: number | null;
  readonly output: string;
}

function run(vendor: string, path: string): Ending {
  const file = join(import.meta.dirname, `import-${vendor}.ts`);
  const { stdout, status } = spawnSync(process.execPath, [file, path], { encoding: "utf8" });
  const [, passed, failed] = /(\d+) passed, (\d+) failed\n$/.exec(stdout) ?? [];
  return { passed: Number(passed), failed: Number(failed), status, output: stdout };
}

test("flags imported from Unleash pass all 279 cases of its client specification", () => {
  const ending = run("unleash", UNLEASH);
  assert.deepEqual([ending.failed, ending.status], [0, 0], ending.output);
  assert.equal(ending.passed, 279);
});

test("a specification in which one answer was changed fails", () => {
  const folder = mkdtempSync(join(tmpdir(), "paceline-import-"));
  try {
    const name = "01-simple-examples.json";
    const source = readFileSync(join(UNLEASH, name), "utf8");
    const changed = source.replace('"expectedResult": true', '"expectedResult": false');
    writeFileSync(join(folder, name), changed);
    const ending = run("unleash", folder);
    assert.deepEqual([ending.failed, ending.status], [1, 1], ending.output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("what cannot be read is named and fails; what is beside it still runs", () => {
  const folder = mkdtempSync(join(tmpdir(), "paceline-import-"));
  try {
    mkdirSync(join(folder, "deeper"));
    cpSync(
      join(UNLEASH, "01-simple-examples.json"),
      join(folder, "deeper", "01-simple-examples.json"),
    );
    writeFileSync(join(folder, "broken.json"), '{"state": ');
    writeFileSync(join(folder, "other.json"), "[]");
    const ending = run("unleash", folder);
    assert.deepEqual([ending.passed, ending.failed, ending.status], [5, 1, 1], ending.output);
    assert.match(ending.output, /^FAIL broken\.json: /m);
    assert.match(ending.output, /^SKIPPED other\.json: no specification/m);
    const absent = run("unleash", join(folder, "absent"));
    assert.deepEqual([absent.failed, absent.status], [1, 2], absent.output);
    assert.match(absent.output, /absent: no such file or folder/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

// Data of the vendors that is not published with a licence: held against where it is there.
const SHARED = join(import.meta.dirname, "../../../shared/conformance");
const OTHERS = [
  { vendor: "growthbook", path: "growthbook/cases.json", cases: 513 },
  { vendor: "eppo", path: "eppo/ufc", cases: 225 },
  { vendor: "launchdarkly", path: "launchdarkly/server-side-eval", cases: 728 },
  { vendor: "flagsmith", path: "flagsmith/test_cases", cases: 720 },
];

for (const { vendor, path, cases } of OTHERS) {
  const folder = join(SHARED, path);
  const skip = existsSync(folder) ? false : `${folder} is absent`;
  test(`flags imported from ${vendor} pass the vendor's own cases`, { skip }, () => {
    const ending = run(vendor, folder);
    assert.deepEqual([ending.failed, ending.status], [0, 0], ending.output);
    assert.ok(ending.passed >= cases);
  });
}
