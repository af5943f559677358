import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { JSDOM } from "jsdom";

import { startIntakeServer, WRITE_KEY } from "../faults/intake-server.ts";

/** Sends as a page of another origin does: jsdom asks for permission first, and obeys the answer. */
function sendFrom(
  page: JSDOM,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const request = new page.window.XMLHttpRequest();
  request.open("POST", url);
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  return new Promise((resolve) => {
    request.onload = () => resolve(request.status);
    // A refused preflight is a network error to the page.
    request.onerror = () => resolve(0);
    request.send(JSON.stringify({ userId: "u1", event: "Viewed" }));
  });
}

test("a page of any origin may send with the headers that analytics.js uses, and with no others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "paceline-page-"));
  const server = await startIntakeServer(folder);
  const page = new JSDOM("<!doctype html>", { url: "https://shop.example/" });
  try {
    const authorization = `Basic ${btoa(`${WRITE_KEY}:`)}`;
    const headers = { authorization, "content-type": "text/plain", "x-retry-count": "1" };
    assert.equal(await sendFrom(page, `${server.url}/v1/t`, headers), 200);
    assert.equal(await sendFrom(page, `${server.url}/v1/t`, { ...headers, "x-secret": "1" }), 0);
  } finally {
    page.window.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
