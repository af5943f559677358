import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { launchBrowser } from "@paceline/test-kit";
import type { TestBrowser } from "@paceline/test-kit";

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL(".", import.meta.url));
const vite = join(dirname(require.resolve("vite/package.json")), "bin/vite.js");
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const types = new Map([
  [".html", "text/html"],
  [".js", "text/javascript"],
  [".css", "text/css"],
  [".svg", "image/svg+xml"],
  [".woff2", "font/woff2"],
]);

const dist = mkdtempSync(join(tmpdir(), "paceline-gallery-"));
let server: Server;
let address = "";
let browser: TestBrowser;

/** The policy of the real server, with the hash of the gallery's own theme line. */
function policy(page: string): string {
  const hashes = [...page.matchAll(/<script>([\s\S]*?)<\/script>/gu)].map(
    ([, code]) => `'sha256-${createHash("sha256").update(String(code)).digest("base64")}'`,
  );
  return `default-src 'self'; script-src 'self' ${hashes.join(" ")}; style-src 'self'; object-src 'none'; require-trusted-types-for 'script'`;
}

before(async () => {
  execFileSync(process.execPath, [vite, "build", "--logLevel", "error"], {
    cwd: root,
    env: { ...process.env, PACELINE_GALLERY: "1", PACELINE_WEB_DIST: dist },
  });
  server = createServer((request, response) => {
    const file = join(dist, new URL(request.url ?? "/", "http://localhost").pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    const content = readFileSync(file);
    const type = types.get(extname(file)) ?? "application/octet-stream";
    const page = type === "text/html" ? policy(content.toString()) : undefined;
    response.writeHead(200, {
      "content-type": type,
      ...(page === undefined ? {} : { "content-security-policy": page }),
    });
    return response.end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const place = server.address();
  assert.ok(typeof place === "object" && place !== null);
  address = `http://127.0.0.1:${place.port}/gallery.html`;
  browser = await launchBrowser();
});

after(async () => {
  await browser.close();
  server.close();
  rmSync(dist, { recursive: true, force: true });
});

for (const theme of ["light", "dark"] as const) {
  for (const width of [1440, 390]) {
    test(`every component is accessible and within the policy: ${theme}, ${width} px`, async () => {
      const page = await browser.newPage({
        viewport: { width, height: 900 },
        bypassCSP: false,
        reducedMotion: "reduce",
      });
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(`${address}?theme=${theme}`);
      await page.getByRole("heading", { name: "Gallery", level: 1 }).waitFor();
      await page.getByRole("combobox", { name: "Member" }).waitFor();
      assert.deepEqual(complaints, []);
      const wider = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assert.equal(wider, 0, "the page scrolls sideways");

      const devtools = await page.context().newCDPSession(page);
      await devtools.send("Runtime.evaluate", { expression: axeSource });
      const report: { violations: string[]; passes: number } = await page.evaluate(
        `axe.run(document, { runOnly: ${JSON.stringify(rules)} }).then(({ violations, passes }) => ({
          violations: violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target.join(" ")).join(", ")),
          passes: passes.length,
        }))`,
      );
      assert.deepEqual(report.violations, []);
      assert.ok(report.passes > 20, `axe checked only ${report.passes} rules`);
      await page.context().close();
    });
  }
}

test("the arrow keys read a lift chart point by point", async () => {
  const page = await browser.newPage();
  await page.goto(address);
  const cursor = page.getByRole("slider", { name: "Point in time" }).first();
  await cursor.focus();
  assert.match(String(await cursor.getAttribute("aria-valuetext")), /^23 Nov: \+4\.8%/u);
  await cursor.press("ArrowLeft");
  assert.match(String(await cursor.getAttribute("aria-valuetext")), /^22 Nov: /u);
  await cursor.press("Home");
  assert.match(String(await cursor.getAttribute("aria-valuetext")), /^8 Nov: /u);
  await page.context().close();
});

test("Enter in the rollback question cancels, and Esc closes a dialog", async () => {
  const page = await browser.newPage();
  await page.goto(address);
  await page.getByRole("button", { name: "Roll back" }).last().click();
  const question = page.getByRole("alertdialog");
  await question.waitFor();
  await page.waitForFunction("document.activeElement?.textContent === 'Cancel'");
  await page.keyboard.press("Enter");
  await question.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Open a dialog" }).click();
  await page.getByRole("dialog", { name: "Create a key" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.context().close();
});
