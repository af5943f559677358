/**
 * Our OpenFeature providers under the real OpenFeature SDKs, against a real server that is killed,
 * started again and cut off.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { runInThisContext } from "node:vm";

import { DefaultLogger } from "@openfeature/core";
import { FlagdCore } from "@openfeature/flagd-core";
import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk";
import type { Client, EventDetails } from "@openfeature/server-sdk";
import { OpenFeature as WebOpenFeature, ProviderEvents as WebEvents } from "@openfeature/web-sdk";
import { bootstrapScript, PacelineProvider } from "@paceline/openfeature-node";
import { PacelineWebProvider, readBootstrap } from "@paceline/openfeature-web";
import { stopPostgres } from "@paceline/postgres";

import { connect } from "../../docs/examples/providers/node.ts";
import { connectPage } from "../../docs/examples/providers/page.ts";
import { reportParity } from "../../docs/examples/providers/parity.ts";
import { renderPage } from "../../docs/examples/providers/render.ts";
import { freePort, makeAdminKey, startServerChild } from "../faults/server-child.ts";
import { productOf, startWire } from "./paceline-product.ts";

/** Many times what anything here takes at rest. */
const WITHIN_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), "paceline-sdks-"));
const dataDir = join(folder, "data");
const cacheFile = join(folder, "flags.json");
const port = await freePort();
let server = await startServerChild(dataDir, port);
const product = productOf(server, await makeAdminKey(server));
const keys = {
  server: await product.key(["evaluate"]),
  page: await product.key(["browser"]),
};
const problems: string[] = [];
const onProblem = (problem: string): void => void problems.push(problem);
const wire = await startWire(server.url);

after(async () => {
  await OpenFeature.close();
  await WebOpenFeature.close();
  wire.close();
  await server.stop();
  await stopPostgres(join(dataDir, "postgres"));
  rmSync(folder, { recursive: true, force: true });
});

const boolean = { type: "boolean", variants: { on: true, off: false } };
const texts = { type: "string", variants: { old: "old", new: "new" } };
const EXPERIMENT = "0193a000-0000-7000-8000-0000000000e1";

await product.publish("banner", boolean, { defaultVariant: "off" });
await product.publish("greeting", texts, {
  defaultVariant: "old",
  rules: [
    {
      id: "pro",
      when: { attribute: "plan", operator: "equals", value: "pro" },
      serve: { variant: "new" },
    },
  ],
});
await product.publish("counted", boolean, {
  defaultVariant: "off",
  rules: [
    {
      id: "half",
      serve: {
        split: [
          { variant: "on", share: 0.5 },
          { variant: "off", share: 0.5 },
        ],
      },
      experimentId: EXPERIMENT,
    },
  ],
});
await product.publish("sticky", boolean, {
  defaultVariant: "off",
  rules: [
    {
      id: "all",
      serve: {
        split: [
          { variant: "on", share: 1 },
          { variant: "off", share: 0 },
        ],
      },
      sticky: { fallbackUnit: null, minPhase: 1 },
    },
  ],
});

const provider = new PacelineProvider({
  url: wire.url,
  apiKey: keys.server,
  client: "shop",
  version: "2.1.0",
  cacheFile,
  initTimeoutMs: WITHIN_MS,
  onProblem,
});
await OpenFeature.setProviderAndWait(provider);
const client = OpenFeature.getClient();

/** Resolves with the next event of a kind; at once if it says how things are already. */
function next(event: ProviderEvents, of: Client = client): Promise<EventDetails | undefined> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${event} within two minutes`)), WITHIN_MS);
    const once = (details?: EventDetails): void => {
      clearTimeout(late);
      of.removeHandler(event, once);
      resolve(details);
    };
    of.addHandler(event, once);
  });
}

async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `${what} within two minutes`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("flags are evaluated in this process, by rule and by default", async () => {
  assert.equal(await client.getBooleanValue("banner", true), false);
  assert.equal(await client.getStringValue("greeting", "?", { plan: "pro" }), "new");
  const details = await client.getStringDetails("greeting", "?", { plan: "free" });
  assert.deepEqual([details.value, details.variant, details.reason], ["old", "old", "DEFAULT"]);
  assert.equal((await client.getBooleanDetails("greeting", true)).errorCode, "TYPE_MISMATCH");
  assert.equal((await client.getBooleanDetails("absent", true)).errorCode, "FLAG_NOT_FOUND");
  assert.equal(
    (await client.getBooleanDetails("counted", true)).errorCode,
    "TARGETING_KEY_MISSING",
  );
});

test("a flag that only the server may evaluate is asked for there", async () => {
  const realFetch = globalThis.fetch;
  const asked: string[] = [];
  globalThis.fetch = (...args) => {
    const [address] = args;
    if (typeof address === "string" && address.includes("/ofrep/")) asked.push(address);
    return realFetch(...args);
  };
  assert.equal(await client.getBooleanValue("sticky", false, { targetingKey: "ada" }), true);
  globalThis.fetch = realFetch;
  assert.deepEqual(asked, [`${wire.url}/ofrep/v1/evaluate/flags/sticky`]);
});

test("a publication arrives with the keys that it changed, and is acknowledged", async () => {
  const changed = next(ProviderEvents.ConfigurationChanged);
  const revision = await product.publish("banner", boolean, { defaultVariant: "on" });
  assert.deepEqual((await changed)?.flagsChanged, ["banner"]);
  assert.equal(await client.getBooleanValue("banner", false), true);
  const at = `/api/v1/flags/publications/${revision}/receipts?environment=production`;
  await eventually("everybody has it", async () => (await product.get(at))["share"] === 1);
  const { lastMs } = await product.get(at);
  assert.ok(Number(lastMs) > 0 && Number(lastMs) < WITHIN_MS);
  const { items } = await product.get("/api/v1/flags/clients?environment=production");
  assert.deepEqual(items, [
    { protocol: "sdk", name: "shop", version: "2.1.0", revision, clients: 1 },
  ]);
});

test("the provider shows by itself that it runs the server's bucketing", async () => {
  const parity = await product.get("/api/v1/flags/parity?environment=production");
  assert.equal(parity["agrees"], true);
  const [ours] = parity["items"] as Record<string, unknown>[];
  assert.deepEqual([ours?.["name"], ours?.["bucketing"]], ["shop", "flagd-v2"]);
});

async function exposuresOf(unit: string): Promise<number> {
  const answer = await product.get(`/api/v1/events?environment=production&limit=200`);
  const items = answer["items"] as Record<string, unknown>[];
  return items.filter((event) => JSON.stringify(event).includes(`"${unit}"`)).length;
}

test("exposures of local evaluations reach the server, once for each unit", async () => {
  for (let time = 0; time < 3; time += 1) {
    await client.getBooleanValue("counted", false, { targetingKey: "unit-ada" });
  }
  await eventually("an exposure arrives", async () => (await exposuresOf("unit-ada")) > 0);
  assert.equal(await exposuresOf("unit-ada"), 1);
});

test("a page starts from what the server rendered, without a request, then follows changes", async () => {
  const context = { targetingKey: "page-ada", plan: "pro" };
  const script = bootstrapScript(await provider.bootstrap(context));
  assert.ok(!script.includes("fractional") && !script.slice(8, -9).includes("<"));
  (globalThis as { window?: object }).window = globalThis;
  runInThisContext(script.replace(/^<script>/, "").replace(/<\/script>$/, ""));
  const web = new PacelineWebProvider({
    url: wire.url,
    apiKey: keys.page,
    client: "page",
    bootstrap: readBootstrap(),
    storage: null,
    onProblem,
  } as ConstructorParameters<typeof PacelineWebProvider>[0]);
  const realFetch = globalThis.fetch;
  let requests = 0;
  globalThis.fetch = (...args) => {
    // The service of this process goes on with its own.
    if (JSON.stringify(args).includes(keys.page)) requests += 1;
    return realFetch(...args);
  };
  await WebOpenFeature.setContext(context);
  const ready = WebOpenFeature.setProviderAndWait(web);
  const page = WebOpenFeature.getClient();
  await ready;
  assert.equal(page.getStringValue("greeting", "?"), "new");
  assert.equal(page.getBooleanValue("banner", false), true);
  globalThis.fetch = realFetch;
  // Only the stream, which was begun in the background.
  assert.equal(requests, 1);

  const changed = Promise.withResolvers<readonly string[] | undefined>();
  page.addHandler(WebEvents.ConfigurationChanged, (details) =>
    changed.resolve(details?.flagsChanged),
  );
  await product.publish("banner", boolean, { defaultVariant: "off" });
  assert.deepEqual(await changed.promise, ["banner"]);
  assert.equal(page.getBooleanValue("banner", true), false);

  await WebOpenFeature.setContext({ targetingKey: "page-ada", plan: "free" });
  assert.equal(page.getStringValue("greeting", "?"), "old");
  page.getBooleanValue("counted", false);
  await eventually("an exposure arrives", async () => (await exposuresOf("page-ada")) > 0);
});

test("the snippets of the guide do what it says", async () => {
  const { client: shop, provider: own } = await connect(
    server.url,
    keys.server,
    join(folder, "guide.json"),
  );
  assert.equal(await shop.getStringValue("greeting", "?", { plan: "pro" }), "new");
  const visitor = { targetingKey: "visitor-1", plan: "pro" };
  assert.match(await renderPage(own, visitor), /__PACELINE__=.*greeting/);
  const page = await connectPage(server.url, keys.page, visitor);
  assert.equal(page.getStringValue("greeting", "?"), "new");

  await product.post("/api/v1/flags/parity/probe", { environment: "production" });
  const document = await fetch(`${server.url}/flagd/v1/flags.json`, {
    headers: { "x-api-key": keys.server },
  });
  const core = new FlagdCore();
  core.setConfigurations(await document.text());
  const about = { client: "flagd-web", version: "1", protocol: "flagd-sync" } as const;
  const logger = new DefaultLogger();
  const bucketing = await reportParity(server.url, keys.server, about, async (targetingKey) =>
    String(
      core.resolveStringEvaluation("paceline-parity-probe", "", { targetingKey }, logger).value,
    ),
  );
  assert.equal(bucketing, "flagd-v2-utf16");
  const parity = await product.get("/api/v1/flags/parity?environment=production");
  assert.equal(parity["agrees"], false);
});

test("the server is killed: values stay, STALE is told, and what was missed arrives when it is back", async () => {
  const stale = next(ProviderEvents.Stale);
  await server.kill();
  await stale;
  assert.equal(await client.getStringValue("greeting", "?", { plan: "pro" }), "new");
  const ready = next(ProviderEvents.Ready);
  server = await startServerChild(dataDir, port);
  await ready;
  const changed = next(ProviderEvents.ConfigurationChanged);
  await product.publish("banner", boolean, { defaultVariant: "on" });
  await changed;
  assert.equal(await client.getBooleanValue("banner", false), true);
});

test("the network is cut without a word: it is noticed, and mended without losing a change", async () => {
  // Shorter than the server's signs of life come, so that it also takes connections for dead that are not.
  const impatient = new PacelineProvider({
    url: wire.url,
    apiKey: keys.server,
    client: "impatient",
    initTimeoutMs: WITHIN_MS,
    deadAfterMs: 1_500,
    onProblem,
  });
  await OpenFeature.setProviderAndWait("impatient", impatient);
  const its = OpenFeature.getClient("impatient");
  assert.equal(await its.getBooleanValue("banner", false), true);
  wire.cut();
  await next(ProviderEvents.Stale, its);
  await product.publish("banner", boolean, { defaultVariant: "off" });
  assert.equal(await its.getBooleanValue("banner", false), true);
  const changed = next(ProviderEvents.ConfigurationChanged, its);
  wire.mend();
  await changed;
  // A node that is behind may tell of the revision before it first.
  await eventually("the last change", async () => !(await its.getBooleanValue("banner", true)));
  await next(ProviderEvents.Ready, its);
});

test("a start without the server uses the configuration that was kept, and says that it is old", async () => {
  await OpenFeature.close();
  assert.ok(existsSync(cacheFile));
  assert.ok(!readFileSync(cacheFile, "utf8").includes(keys.server));
  const offline = new PacelineProvider({
    url: "http://127.0.0.1:9",
    apiKey: keys.server,
    cacheFile,
    initTimeoutMs: 200,
  });
  const staled = Promise.withResolvers<void>();
  OpenFeature.addHandler(ProviderEvents.Stale, () => staled.resolve());
  await OpenFeature.setProviderAndWait(offline);
  await staled.promise;
  assert.equal(
    await OpenFeature.getClient().getStringValue("greeting", "?", { plan: "pro" }),
    "new",
  );
  await assert.rejects(
    new PacelineProvider({
      url: "http://127.0.0.1:9",
      apiKey: "k",
      initTimeoutMs: 50,
    }).initialize(),
    /did not answer in time/,
  );
});

test("a program that does nothing but wait for the start gets its answer, and then ends", () => {
  const program = `
    import { PacelineProvider } from "@paceline/openfeature-node";
    const options = { url: "http://127.0.0.1:9", apiKey: "k", initTimeoutMs: 300 };
    await new PacelineProvider(options).initialize().catch((error) => console.log(error.message));
  `;
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--conditions=paceline:source", "--input-type=module", "--eval", program],
    { cwd: import.meta.dirname, encoding: "utf8" },
  );
  assert.deepEqual([status, stdout], [0, "the server did not answer in time\n"]);
});

test("nothing that was told of problems holds a key", () => {
  assert.ok(problems.length > 0);
  for (const problem of problems) {
    assert.ok(!problem.includes(keys.server) && !problem.includes(keys.page), problem);
  }
});
