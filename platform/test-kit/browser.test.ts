import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";

import { NO_BROWSER, chooseBrowser, launchBrowser } from "./browser.ts";
import type { TestBrowser } from "./browser.ts";

let browser: TestBrowser;
before(async () => {
  browser = await launchBrowser();
});
after(() => browser.close());

/** How many pixels of `text` on a canvas are not blank. */
async function inkOf(text: string, font: string): Promise<number> {
  const page = await browser.newPage();
  try {
    return await page.evaluate(
      `(() => {
        const canvas = document.createElement("canvas");
        canvas.width = 400; canvas.height = 60;
        const pen = canvas.getContext("2d");
        pen.font = ${JSON.stringify(font)};
        pen.fillText(${JSON.stringify(text)}, 5, 40);
        const { data } = pen.getImageData(0, 0, 400, 60);
        let ink = 0;
        for (let at = 3; at < data.length; at += 4) if (data[at] > 0) ink += 1;
        return ink;
      })()`,
    );
  } finally {
    await page.context().close();
  }
}

test("a word is drawn with ink, in every generic font", async () => {
  assert.equal(await inkOf("", "32px sans-serif"), 0);
  for (const font of ["32px sans-serif", "32px serif", "32px monospace"])
    assert.ok((await inkOf("Paceline", font)) > 500, font);
});

test("different words leave different ink, so letters are not replaced by boxes", async () => {
  assert.notEqual(
    await inkOf("iiiiiiii", "32px sans-serif"),
    await inkOf("MMMMMMMM", "32px sans-serif"),
  );
});

test("a page has a valid language, a fixed time zone and working Intl", async () => {
  const page = await browser.newPage();
  const shown = await page.evaluate(
    `[navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone, (1234.5).toLocaleString()]`,
  );
  assert.deepEqual(shown, ["en-GB", "UTC", "1,234.5"]);
  await page.context().close();
});

test("web security is on: a page cannot read another origin's answer", async () => {
  const server = createServer((_request, response) => response.end("secret"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const page = await browser.newPage();
  await page.goto(`http://localhost:${port}/`);
  const answer = await page.evaluate(
    `fetch("http://127.0.0.1:${port}/").then((r) => r.text(), (e) => e.name)`,
  );
  assert.equal(answer, "TypeError");
  await page.context().close();
  server.close();
});

test("several contexts live side by side, with cookies of their own", async () => {
  const [one, two] = await Promise.all([browser.newContext(), browser.newContext()]);
  await one.addCookies([{ name: "a", value: "1", url: "http://127.0.0.1/" }]);
  assert.equal((await one.cookies()).length, 1);
  assert.equal((await two.cookies()).length, 0);
  await Promise.all([one.close(), two.close()]);
});

test("BROWSER_BIN comes first, and a wrong one is refused with the way out", async () => {
  const choice = await chooseBrowser(process.execPath);
  assert.deepEqual(choice, {
    source: "BROWSER_BIN",
    options: { executablePath: process.execPath },
  });
  await assert.rejects(chooseBrowser("/nonexistent/browser"), /BROWSER_BIN=.*install Chrome/);
});

test("an installed browser is used where the package has none", async () => {
  const choice = await chooseBrowser(undefined, false, ["/nonexistent", process.execPath]);
  assert.equal(choice.source, process.execPath);
});

test("without any browser the message says what to install", async (t) => {
  const { chromium } = await import("playwright-core");
  const { existsSync } = await import("node:fs");
  if (existsSync(chromium.executablePath())) return t.skip("Playwright's own browser is installed");
  await assert.rejects(chooseBrowser(undefined, false, []), new Error(NO_BROWSER));
});
