import assert from "node:assert/strict";
import { createRequire } from "node:module";
import test from "node:test";
import { gzipSync } from "node:zlib";

// What a browser may pay for evaluating flags by itself.
const MAX_GZIP_BYTES = 6_000;

interface Bundle {
  readonly output: readonly { readonly code: string }[];
}

interface Rolldown {
  readonly rolldown: (options: {
    readonly input: string;
  }) => Promise<{ readonly generate: (options: object) => Promise<Bundle> }>;
}

test("the whole package stays small when it is bundled for a browser", async () => {
  // The bundler that Vite brings along, wherever npm has put it.
  const vite = createRequire(new URL("../../apps/web/package.json", import.meta.url)).resolve(
    "vite",
  );
  const { rolldown }: Rolldown = await import(createRequire(vite).resolve("rolldown"));
  const bundle = await rolldown({ input: new URL("./index.ts", import.meta.url).pathname });
  const { output } = await bundle.generate({ minify: true, format: "esm" });
  const bytes = gzipSync(output.map(({ code }) => code).join(""), { level: 9 }).length;
  assert.ok(bytes > 1_000 && bytes <= MAX_GZIP_BYTES, `${bytes} bytes`);
});
