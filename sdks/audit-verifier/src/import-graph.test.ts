import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const FROM = /(?:\bfrom\s*|\bimport\s*\(?\s*)["']([^"']+)["']/g;

/** Every module outside of our own files that a file reaches through its imports. */
function outsideModules(entry: string): Set<string> {
  const outside = new Set<string>();
  const seen = new Set<string>();
  const queue = [entry];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(FROM)) {
      if (specifier.startsWith(".")) queue.push(join(dirname(file), specifier));
      else if (specifier.startsWith("@paceline/"))
        queue.push(fileURLToPath(import.meta.resolve(specifier)));
      else outside.add(specifier);
    }
  }
  assert.ok(seen.size > 10, "the walk reached the files of the log");
  return outside;
}

test("the library reaches nothing but node:crypto, through all of its imports", () => {
  assert.deepEqual([...outsideModules(join(import.meta.dirname, "index.ts"))], ["node:crypto"]);
});

test("the walk sees what a file imports: the command reads files, too", () => {
  assert.ok(outsideModules(join(import.meta.dirname, "bin.ts")).has("node:fs"));
});
