import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";
import type { Plugin } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));
const outDir = process.env["PACELINE_WEB_DIST"] ?? join(root, "dist");
const withGallery = process.env["PACELINE_GALLERY"] === "1";
const server = process.env["PACELINE_URL"] ?? "http://127.0.0.1:4410";
const compressible = /\.(?:js|css|svg|html)$/u;

/** The font that every screen needs starts to load with the page, not after its styles. */
function preloadFont(): Plugin {
  return {
    name: "paceline:preload-font",
    transformIndexHtml: {
      order: "post",
      handler: (_html, { bundle }) => {
        const font = Object.keys(bundle ?? {}).find((file) => /geist-latin-wght/u.test(file));
        if (font === undefined) return [];
        return [
          {
            tag: "link",
            injectTo: "head",
            attrs: {
              rel: "preload",
              as: "font",
              type: "font/woff2",
              href: `/${font}`,
              crossorigin: "",
            },
          },
        ];
      },
    },
  };
}

/**
 * After the build: `csp-hashes.json`, the hashes of the page's inline scripts for the content
 * security policy, and a `.br` and `.gz` beside every text file.
 */
function writeForServer(): Plugin {
  return {
    name: "paceline:write-for-server",
    apply: "build",
    closeBundle() {
      const page = readFileSync(join(outDir, "index.html"), "utf8");
      const hashes = [...page.matchAll(/<script>([\s\S]*?)<\/script>/gu)].map(
        ([, code]) =>
          `sha256-${createHash("sha256")
            .update(code ?? "")
            .digest("base64")}`,
      );
      writeFileSync(join(outDir, "csp-hashes.json"), `${JSON.stringify(hashes)}\n`);
      for (const entry of readdirSync(outDir, { recursive: true, encoding: "utf8" })) {
        if (!compressible.test(entry)) continue;
        const content = readFileSync(join(outDir, entry));
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(
          join(outDir, `${entry}.br`),
          brotliCompressSync(content, { params: quality }),
        );
        writeFileSync(join(outDir, `${entry}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root,
  plugins: [react(), tailwindcss(), preloadFont(), writeForServer()],
  resolve: { conditions: ["paceline:source", ...defaultClientConditions] },
  build: {
    outDir,
    emptyOutDir: true,
    manifest: true,
    // light-dark() and field-sizing need no fallback in these.
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
    target: ["chrome123", "firefox128", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: [join(root, "index.html"), ...(withGallery ? [join(root, "gallery.html")] : [])],
    },
  },
  server: { port: 4411, proxy: { "/api": server, "/ofrep": server, "/v1": server } },
});
