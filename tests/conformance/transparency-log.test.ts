import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { runJcsVectors } from "./jcs.ts";
import { runTransparencyLogVectors } from "./transparency-log.ts";

const SHARED = join(import.meta.dirname, "../../../shared/conformance");
const absent = existsSync(SHARED) ? false : `${SHARED} is absent`;

test(
  "every claim, tile, entry and checkpoint by others is judged and made as they do",
  { skip: absent },
  async () => {
    const report = await runTransparencyLogVectors(join(SHARED, "transparency-log"));
    assert.deepEqual(report.failures, []);
    assert.ok(report.passed >= 196 + 120 + 120);
  },
);

test("canonical JSON has the bytes that RFC 8785's vectors demand", { skip: absent }, () => {
  const report = runJcsVectors(join(SHARED, "jcs"));
  assert.deepEqual(report.failures, []);
  assert.ok(report.passed >= 12);
});

test("a vector folder in which one byte was changed fails", { skip: absent }, async () => {
  const copy = mkdtempSync(join(tmpdir(), "paceline-vectors-"));
  try {
    cpSync(join(SHARED, "transparency-log/tessera"), copy, { recursive: true, mode: 0 });
    const tile = join(copy, "tile/0/000.p/15");
    const bytes = readFileSync(tile);
    bytes[100] = 255 - (bytes[100] ?? 0);
    rmSync(tile, { force: true });
    writeFileSync(tile, bytes);
    const report = await runTransparencyLogVectors(copy);
    assert.ok(report.failures.length > 0);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});
