import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { rolldown } from "rolldown";

// What a page pays for flags beside OpenFeature itself.
const MAX_GZIP_BYTES = 5_000;

test("the whole provider stays small when it is bundled for a page", async () => {
  const bundle = await rolldown({
    input: new URL("./index.ts", import.meta.url).pathname,
    platform: "browser",
    external: ["@openfeature/web-sdk"],
    resolve: { conditionNames: ["paceline:source"] },
  });
  const { output } = await bundle.generate({ minify: true, format: "esm" });
  const code = output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
  const bytes = gzipSync(code, { level: 9 }).length;
  assert.ok(bytes > 1_000 && bytes <= MAX_GZIP_BYTES, `${bytes} bytes`);
  // The evaluator stays on the server: a page gets values.
  assert.ok(!code.includes("fractional"));
});
