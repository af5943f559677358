import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

import {
  emptyRoot,
  formatVerifierKey,
  growLog,
  leafHash,
  signCheckpoint,
  signerKey,
  treeReader,
} from "@paceline/transparency-log";

import { encodeLeaf } from "./leaf.ts";
import { formatRow } from "./row.ts";

const folder = mkdtempSync(join(tmpdir(), "paceline-standalone-"));
const program = join(folder, "paceline-audit-verify.mjs");
const stored = join(folder, "log");
const signer = signerKey("log.example/audit", new Uint8Array(32).fill(9));

before(async () => {
  const source = join(import.meta.dirname, "bin.ts");
  const bundler = join(import.meta.dirname, "../../../node_modules/.bin/rolldown");
  const built = spawnSync(bundler, [
    source,
    "--platform",
    "node",
    "--format",
    "esm",
    "--file",
    program,
  ]);
  assert.equal(built.status, 0, built.stderr.toString());
  const leaves = Array.from({ length: 3 }, (_, at) => leafAt(at));
  const grown = await growLog(
    treeReader(() => Promise.resolve(null), 0),
    emptyRoot(),
    leaves,
  );
  assert.ok(grown.ok);
  const { treeSize, root, resources } = grown.value;
  const checkpoint = { origin: signer.verifier.name, treeSize, root, extensions: [] };
  const files = [
    ...resources,
    { path: "checkpoint", bytes: signCheckpoint(checkpoint, [signer]) },
    { path: "public-key", bytes: Buffer.from(`${formatVerifierKey(signer.verifier)}\n`) },
  ];
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(stored, path)), { recursive: true });
    writeFileSync(join(stored, path), bytes);
  }
});
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

function facts(at: number) {
  return {
    id: `entry-${at}`,
    workspace: "w",
    at: "2026-03-02T09:00:00.000Z",
    action: "flag.publish",
    actor: { kind: "service", id: "monitor" },
    subject: { kind: "flag", id: "f" },
  };
}

function leafAt(at: number): Uint8Array {
  return encodeLeaf({ v: 1, request: "r", detail: {}, personal: {}, ...facts(at) });
}

function rowsFile(change: (at: number) => object): string {
  const path = join(folder, "rows.ndjson");
  const lines = Array.from({ length: 3 }, (_, at) =>
    formatRow({
      ...facts(at),
      index: at,
      leaf: leafAt(at),
      leafHash: leafHash(leafAt(at)),
      personal: [],
      payload: null,
      ...change(at),
    }),
  );
  // An export may come in any order.
  writeFileSync(path, `${lines.toReversed().join("\n")}\n\n`);
  return path;
}

/** Runs the one built file where there is neither a `node_modules` nor any file of ours. */
function run(...args: string[]): { code: number | null; out: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  return { code: status, out: stdout };
}

test("the one built file verifies a log on a machine that has nothing else of ours", () => {
  assert.ok(!existsSync(join(folder, "node_modules")));
  const { code, out } = run(stored);
  assert.equal(code, 0);
  assert.match(out, /^intact: 3 entries of log\.example\/audit$/m);
  assert.match(out, /compare it with one you trust/);
});

test("rows are compared, in whatever order the export has them", () => {
  assert.equal(
    run(
      stored,
      "--rows",
      rowsFile(() => ({})),
    ).code,
    0,
  );
  const lying = rowsFile((at) => (at === 1 ? { action: "flag.archive" } : {}));
  const { code, out } = run(stored, "--rows", lying);
  assert.equal(code, 1);
  assert.match(out, /^tampered: the first broken entry is 1$/m);
  assert.match(out, /row 1: the action is stored as "flag\.archive" but was "flag\.publish"/);
});

test("one entry is proved and shown", () => {
  const { code, out } = run(stored, "--entry", "2", "--json");
  assert.equal(code, 0);
  const report = JSON.parse(out);
  assert.deepEqual([report.verdict, report.index, report.leaf.id], ["intact", 2, "entry-2"]);
  assert.equal(report.proof.length, 1);
});

test("help goes to those who ask, and misuse is unusable", () => {
  assert.equal(run("--help").code, 0);
  assert.match(run("--help").out, /Exit code: 0 intact, 1 tampered, 2 unusable/);
  for (const args of [
    [],
    ["a", "b"],
    ["--unknown"],
    [stored, "--entry", "first"],
    [stored, "--entry"],
  ])
    assert.equal(run(...args).code, 2, args.join(" "));
});

test("damage to the export itself is not taken for a sound row", () => {
  const path = join(folder, "broken.ndjson");
  writeFileSync(path, '{"index":0}\n');
  assert.equal(run(stored, "--rows", path).code, 2);
  writeFileSync(path, "");
  assert.equal(run(stored, "--rows", path).code, 1);
});
