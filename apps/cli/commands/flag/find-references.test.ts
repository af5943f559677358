import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { findReferences, keysIn } from "./find-references.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-references-"));
after(() => rm(folder, { recursive: true, force: true }));

const KEYS = new Set(["search", "new-checkout", "billing.v2", "x"]);

test("a key counts where it is quoted, and anywhere if no word looks like it", () => {
  assert.deepEqual(keysIn('if (flags.isOn("search")) {', KEYS), ["search"]);
  assert.deepEqual(keysIn("function search(query) {", KEYS), []);
  assert.deepEqual(keysIn("flag: new-checkout # see billing.v2.", KEYS), [
    "new-checkout",
    "billing.v2",
  ]);
  assert.deepEqual(keysIn("const a = `new-checkout-b` + 'x' + \"x'", KEYS), ["x"]);
});

test("what git ignores and what is binary is left out, and every place is told", async () => {
  await mkdir(join(folder, "src"));
  await mkdir(join(folder, "out"));
  await writeFile(join(folder, ".gitignore"), "out/\n");
  await writeFile(
    join(folder, "src/a.py"),
    "import os\n\nif on('search'):\n  go('new-checkout')\n",
  );
  await writeFile(join(folder, "src/b.go"), 'if c.Bool("search") {}\n');
  await writeFile(join(folder, "out/c.js"), 'on("search")\n');
  await writeFile(join(folder, "src/d.bin"), Buffer.from('\0"search"'));
  // A link to itself, to a file that is read anyway, and to one that never ends.
  await symlink("loop", join(folder, "src/loop"));
  await symlink("a.py", join(folder, "src/again.py"));
  await symlink("/dev/zero", join(folder, "src/endless"));
  execFileSync("git", ["init", "-q"], { cwd: folder });
  const scan = await findReferences(folder, KEYS);
  assert.deepEqual(
    [...scan.places].map(([key, places]) => [
      key,
      places.map(({ file, line }) => `${file}:${line}`),
    ]),
    [
      ["new-checkout", ["src/a.py:4"]],
      ["search", ["src/a.py:3", "src/b.go:1"]],
    ],
  );
  assert.equal(scan.places.get("search")?.[0]?.text, "if on('search'):");
  assert.deepEqual([scan.files, scan.skipped], [3, 4]);
});

test("ten thousand keys are looked for in one pass", async () => {
  const keys = new Set(Array.from({ length: 10_000 }, (_, place) => `flag-number-${place}`));
  const lines = Array.from(
    { length: 20_000 },
    (_, place) => `use("flag-number-${place}"); call(a.b, c);`,
  );
  await writeFile(join(folder, "src/many.ts"), lines.join("\n"));
  const scan = await findReferences(folder, keys);
  assert.equal(scan.places.size, 10_000);
  assert.deepEqual(scan.places.get("flag-number-7"), [
    { file: "src/many.ts", line: 8, text: 'use("flag-number-7"); call(a.b, c);' },
  ]);
});
