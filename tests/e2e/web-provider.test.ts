/**
 * Our provider for pages, built as it is published, in a page of another origin in a real browser: how it
 * starts and how it ends. What it does in between is in `tests/clients`.
 */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { join } from "node:path";
import { after, before } from "node:test";

import { bootstrapScript, PacelineProvider } from "@paceline/openfeature-node";
import { startTestServer } from "@paceline/server/test-server";
import type { TestServer } from "@paceline/server/test-server";
import { launchBrowser } from "@paceline/test-kit";
import type { TestBrowser } from "@paceline/test-kit";
import { rolldown } from "rolldown";

import { asOwner, journey } from "./product.ts";
import type { BrowserContext, Json, Owner, Page } from "./product.ts";

const FLAG = "shop.banner";
const SDK = join(import.meta.dirname, "../../sdks/openfeature-web/src/index.ts");
const ARRIVES_WITHIN_MS = 20_000;

/** The page's own script: it reads the flag at once, and tells what the provider says. */
const SHOP = `
  import { OpenFeature, ProviderEvents } from "@openfeature/web-sdk";
  import { PacelineWebProvider, readBootstrap } from "sdk";
  const { url, apiKey } = window.place;
  const told = [];
  OpenFeature.addHandler(ProviderEvents.Stale, () => told.push("stale"));
  OpenFeature.addHandler(ProviderEvents.ConfigurationChanged, () => told.push("changed"));
  await OpenFeature.setContext({ targetingKey: window.visitor });
  const bootstrap = readBootstrap();
  const provider = new PacelineWebProvider({
    url, apiKey, client: "shop", timeoutMs: 2000, ...(bootstrap === undefined ? {} : { bootstrap }),
  });
  const failure = await OpenFeature.setProviderAndWait(provider).then(() => null, String);
  const details = OpenFeature.getClient().getBooleanDetails("${FLAG}", false);
  document.querySelector("output").textContent = failure ?? String(details.value);
  window.shop = { told, revision: () => provider.revision, details };
`;

let server: TestServer;
let owner: Owner;
let browser: TestBrowser;
let context: BrowserContext;
let page: Page;
let site: Server;
let origin = "";
let script = "";
let bootstrap = "";
const keys = { page: "", server: "" };
const complaints: string[] = [];

/** Bundles the provider as its package does, then a page that uses it, as a user's build would. */
async function build(): Promise<string> {
  const published = await rolldown({
    input: SDK,
    platform: "browser",
    external: ["@openfeature/web-sdk"],
    resolve: { conditionNames: ["paceline:source"] },
  });
  const sdk = await published.generate({ format: "esm", minify: true });
  const modules = new Map([
    ["sdk", sdk.output[0].code],
    ["shop", SHOP],
  ]);
  const here = (name: string): string => join(import.meta.dirname, `${name}.built.js`);
  const shop = await rolldown({
    input: "shop",
    platform: "browser",
    plugins: [
      {
        name: "shop",
        resolveId: (id) => (modules.has(id) ? here(id) : null),
        load: (id) => [...modules].find(([name]) => here(name) === id)?.[1] ?? null,
      },
    ],
  });
  const { output } = await shop.generate({ format: "esm" });
  return output[0].code;
}

function html(visitor: string, head: string): string {
  const place = JSON.stringify({ url: server.url, apiKey: keys.page });
  return `<!doctype html><html lang="en"><title>Shop</title>${head}
    <script>window.place=${place};window.visitor=${JSON.stringify(visitor)}</script>
    <output></output><script type="module" src="/shop.js"></script></html>`;
}

function serveSite(): Promise<Server> {
  const listening = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://site");
    if (url.pathname === "/shop.js") {
      response.setHeader("content-type", "text/javascript").end(script);
      return;
    }
    const visitor = url.searchParams.get("visitor");
    const page =
      visitor === null
        ? "<title>Elsewhere</title>"
        : html(visitor, url.searchParams.has("rendered") ? bootstrap : "");
    response.setHeader("content-type", "text/html").end(page);
  });
  return new Promise((resolve) => {
    listening.listen(0, "127.0.0.1", () => resolve(listening));
  });
}

before(async () => {
  [server, browser, script] = await Promise.all([startTestServer(), launchBrowser(), build()]);
  owner = await asOwner(server);
  const place = `/api/v1/flags/${FLAG}/environments/production`;
  await owner.call("POST", "/api/v1/flags", {
    key: FLAG,
    type: "boolean",
    variants: { off: false, on: true },
  });
  await owner.call("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [{ id: "all", serve: { variant: "on" }, recordExposure: true }],
  });
  await owner.call("POST", `${place}/publish`, {});
  const key = async (scope: string): Promise<string> => {
    const about = { name: scope, scopes: [scope], environment: "production" };
    return (await owner.call("POST", "/api/v1/keys", about)).secret;
  };
  [keys.page, keys.server] = [await key("browser"), await key("evaluate")];
  site = await serveSite();
  const address = site.address();
  assert.ok(typeof address === "object" && address !== null);
  origin = `http://127.0.0.1:${address.port}`;
  context = await browser.newContext();
  context.setDefaultTimeout(ARRIVES_WITHIN_MS);
  // The timer that sends exposures after a second never rings: only the end of a page sends them.
  await context.addInitScript(`const after = window.setTimeout;
    window.setTimeout = (act, ms, ...more) => (ms === 1000 ? 0 : after(act, ms, ...more));`);
});
after(async () => {
  await browser.close();
  site.closeAllConnections();
  site.close();
  await server.close();
});

const step = journey(() => page);

async function visit(visitor: string, more = ""): Promise<void> {
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${origin}/?visitor=${visitor}${more}`);
  await page
    .locator("output")
    .filter({ hasText: "true" })
    .waitFor()
    .catch((error: unknown) => assert.fail(`${String(error)} ${complaints.join("; ")}`));
}

/** Exposures of a visitor that the server can be asked about. */
async function exposuresOf(visitor: string): Promise<readonly Json[]> {
  const deadline = performance.now() + ARRIVES_WITHIN_MS;
  for (;;) {
    const { items } = await owner.call(
      "GET",
      `/api/v1/events?environment=production&unit=${visitor}`,
    );
    const found = items.filter(({ type }: Json) => type === "exposure");
    if (found.length > 0) return found;
    assert.ok(performance.now() < deadline, `no exposure of ${visitor} arrived`);
    await page.waitForTimeout(100).catch(() => undefined);
  }
}

const isExposureReport = (url: string): boolean =>
  url.startsWith(`${server.url}/flags/v1/exposures`);

step("a page that goes away hands its exposures to the browser, which sends them", async () => {
  const sent: string[] = [];
  context.on("request", (request) => {
    if (isExposureReport(request.url())) sent.push(request.url());
  });
  await visit("leaver");
  assert.deepEqual(sent, [], "nothing is sent while the page is there");
  await page.goto(`${origin}/elsewhere`);
  const [exposure] = await exposuresOf("leaver");
  assert.equal(exposure.variant, "on");
});

step("a page that is closed sends them, too", async () => {
  await visit("closer");
  const closed = page;
  page = await context.newPage();
  await closed.close({ runBeforeUnload: true });
  assert.equal((await exposuresOf("closer")).length, 1);
});

step("a page that is hidden sends what it has, and still listens", async () => {
  await visit("hider");
  const reported = page.waitForRequest((request) => isExposureReport(request.url()));
  await page.evaluate(`
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
  await reported;
  assert.equal((await exposuresOf("hider")).length, 1);
});

step(
  "without a network a page starts from the last values of its visitor, and says that they are old",
  async () => {
    await visit("keeper");
    await context.route(`${server.url}/**`, (route) => route.abort());
    await page.reload();
    await page.locator("output").filter({ hasText: "true" }).waitFor();
    await page.waitForFunction(`window.shop?.told.includes("stale")`);
    const stranger = await context.newPage();
    await stranger.goto(`${origin}/?visitor=stranger`);
    await stranger
      .locator("output")
      .filter({ hasText: /did not answer/u })
      .waitFor();
    await stranger.close();
  },
);

step("a page that a server rendered has its values before any request is answered", async () => {
  const provider = new PacelineProvider({ url: server.url, apiKey: keys.server });
  bootstrap = bootstrapScript(await provider.bootstrap({ targetingKey: "rendered" }));
  await visit("rendered", "&rendered");
  const { value, reason } = (await page.evaluate("window.shop.details")) as Json;
  assert.deepEqual([value, reason === "ERROR"], [true, false]);
  await context.unroute(`${server.url}/**`);
});

step("once the network is back, the page hears of what is published", async () => {
  await page.close();
  await visit("back");
  const place = `/api/v1/flags/${FLAG}/environments/production`;
  const { environments } = await owner.call("GET", `/api/v1/flags/${FLAG}`);
  const before = environments[0].published.revision;
  await owner.call("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [],
  });
  await owner.call("POST", `${place}/publish`, {});
  await page.waitForFunction(`window.shop.revision() > ${before}`);
  assert.ok(((await page.evaluate("window.shop.told")) as Json).includes("changed"));
});
