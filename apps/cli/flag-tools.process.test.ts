import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, mock, test } from "node:test";

import { main } from "./main.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const CLI = join(ROOT, "apps/cli/main.ts");

const folder = await mkdtemp(join(tmpdir(), "paceline-flag-tools-"));
const flags = join(folder, "flags");
let url = "";
let key = "";

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process: starting Node for each of them would take most of the time. */
async function paceline(...args: readonly string[]): Promise<Run> {
  process.env["PACELINE_URL"] = url;
  process.env["PACELINE_KEY"] = key;
  const log = mock.method(console, "log", () => undefined);
  const error = mock.method(console, "error", () => undefined);
  const said = (spy: typeof log): string =>
    spy.mock.calls.map((call) => call.arguments.join(" ")).join("\n");
  try {
    return { code: await main(args), out: said(log), err: said(error) };
  } finally {
    log.mock.restore();
    error.mock.restore();
    // A command's code is not the code of this test.
    process.exitCode = undefined;
  }
}

const flag = (...args: readonly string[]): Promise<Run> => paceline("flag", ...args);

const server = spawn(
  process.execPath,
  [CLI, "start", "--port", "0", "--data-dir", join(folder, "data"), "--sample", "0", "--json"],
  {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      DATABASE_URL: "",
      PACELINE_OTLP_PORT: "",
      PACELINE_FLAGD_EVALUATION_PORT: "0",
      PACELINE_FLAGD_SYNC_PORT: "0",
    },
  },
);
const ended = new Promise<number | null>((resolve) => server.once("exit", resolve));

before(async () => {
  const line = await new Promise<string>((resolve) => {
    createInterface({ input: server.stdout }).once("line", resolve);
  });
  const ready: { url: string; firstRunUrl: string } = JSON.parse(line);
  url = ready.url;
  const response = await fetch(`${url}/api/v1/first-run`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      token: ready.firstRunUrl.split("#")[1],
      workspaceName: "Tools",
      name: "Ann",
      email: "ann@example.test",
      password: "correct horse battery",
    }),
  });
  assert.equal(response.status, 201, await response.text());
  const made = await paceline(
    "key",
    "create",
    "--name",
    "ci",
    "--scope",
    "admin",
    "--data-dir",
    join(folder, "data"),
    "--json",
  );
  assert.equal(made.code, 0, made.err);
  key = JSON.parse(made.out).secret;
});

after(async () => {
  server.kill("SIGTERM");
  await ended;
  await rm(folder, { recursive: true, force: true });
});

const CHECKOUT = await readFile(join(ROOT, "docs/examples/flags-in-git/new-checkout.yaml"), "utf8");

test("a file in git becomes a flag that is in force: plan, question, push", async () => {
  await mkdir(flags);
  await writeFile(join(flags, "new-checkout.yaml"), CHECKOUT);
  const unasked = await flag("push", flags);
  assert.equal(unasked.code, 2, unasked.out + unasked.err);
  assert.match(unasked.err, /new-checkout: create, tests, publish/);
  assert.match(unasked.err, /Nobody can be asked here/);
  const dry = await flag("push", flags, "--dry-run");
  assert.equal(dry.code, 0, dry.err);
  const pushed = await flag("push", flags, "--yes");
  assert.equal(pushed.code, 0, pushed.err);
  const same = await flag("diff", flags, "--exit-code");
  assert.equal(same.code, 0, same.out + same.err);
  assert.match(same.out, /say the same/);
  assert.deepEqual((await readdir(flags)).toSorted(), ["flags.lock.json", "new-checkout.yaml"]);
});

test("pulling leaves a file with its comments, and writes what is new, with the schema for editors", async () => {
  const file = join(folder, "other.yaml");
  await writeFile(file, "enabled: true\ndefaultVariant: on\n");
  const pulled = await flag("pull", flags);
  assert.equal(pulled.code, 0, pulled.err);
  assert.match(pulled.out, /0 files written .*1 were as they are/);
  assert.equal(await readFile(join(flags, "new-checkout.yaml"), "utf8"), CHECKOUT);
  const schema = JSON.parse(await readFile(join(flags, "flag.schema.json"), "utf8"));
  assert.equal(schema.additionalProperties, false);
});

test("a mistake in a file is told with line and column, and nothing is sent", async () => {
  const path = join(flags, "new-checkout.yaml");
  await writeFile(path, CHECKOUT.replace("exposureShare: 0.1", "exposure: 0.1"));
  const wrong = await flag("push", flags, "--yes");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /new-checkout\.yaml:\d+:9: .*\/exposure is not a known member/);
  await writeFile(path, CHECKOUT.replace("exposureShare: 0.1", "exposureShare: 0.6"));
  const diff = await flag("diff", flags, "--exit-code");
  assert.equal(diff.code, 1);
  assert.match(diff.out, /rules\/ramp\/exposureShare: 0\.1 → 0\.6/);
  const failing = await flag("push", flags, "--yes");
  assert.equal(failing.code, 1);
  assert.match(failing.err, /new-checkout is refused: "the middle is not in yet"/);
});

test("what somebody changed meanwhile is not overwritten, unless that is said", async () => {
  const path = `${url}/api/v1/flags/new-checkout/environments/production/rules/ramp/exposure`;
  const moved = await fetch(path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ exposureShare: 0.2 }),
  });
  const { revision } = JSON.parse(await moved.text());
  await writeFile(
    join(flags, "new-checkout.yaml"),
    CHECKOUT.replace("exposureShare: 0.1", "exposureShare: 0.3"),
  );
  const refused = await flag("push", flags, "--yes");
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    new RegExp(`Revision ${revision} is in force in production, the file was pulled at`),
  );
  const forced = await flag("push", flags, "--yes", "--force", "--json");
  assert.equal(forced.code, 0, forced.err);
  assert.equal(JSON.parse(forced.out).pushed, true);
});

test("history and differences of revisions, and what is expected of what is in force", async () => {
  const history = await flag("history", "new-checkout", "--environment", "production", "--json");
  const { items } = JSON.parse(history.out);
  assert.deepEqual(
    items.map(({ action }: { action: string }) => action),
    ["publish", "exposure", "publish"],
  );
  const [newest] = items;
  const at = ["--environment", "production"];
  const diff = await flag(
    "diff-revisions",
    "new-checkout",
    `${newest.revision}`,
    ...at,
    "--exit-code",
  );
  assert.equal(diff.code, 1);
  assert.match(diff.out, /exposureShare: 0\.2 → 0\.3/);
  const tested = await flag("test", "new-checkout");
  assert.equal(tested.code, 0, tested.out);
  assert.match(tested.out, /2 of 2 expectations hold/);
});

test("a flag's file is compared with real contexts, and it is said when there are none", async () => {
  const file = join(folder, "draft.yaml");
  const place = { defaultVariant: "on", tests: [] };
  await writeFile(
    file,
    JSON.stringify({ key: "new-checkout", environments: { production: place } }),
  );
  const at = ["--environment", "production", "--file", file];
  const compared = await flag("compare", "new-checkout", ...at, "--exit-code");
  assert.equal(compared.code, 1, compared.err);
  assert.match(compared.out, /No contexts are recorded/);
});

test("a flag is promoted to another environment", async () => {
  const way = ["--from", "production", "--to", "staging"];
  const dry = await flag("promote", "new-checkout", ...way, "--dry-run");
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.out, /new-checkout: revision \d+ of production → staging/);
  const done = await flag("promote", "new-checkout", ...way, "--yes");
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /Published in staging as revision 1/);
});

test("code that names flags is found and kept, and decides what a clean-up takes", async () => {
  const code = join(folder, "code");
  await mkdir(code);
  await writeFile(
    join(code, "a.ts"),
    'if (await client.getBooleanValue("new-checkout", false)) {}\n',
  );
  execFileSync("git", ["init", "-q", "-b", "main"], { cwd: code });
  const found = await flag("references", code, "--json");
  assert.equal(found.code, 0, found.err);
  assert.equal(JSON.parse(found.out).references["new-checkout"][0].line, 1);
  const kept = await flag("references", code, "--upload", "--repository", "shop", "--commit", "c1");
  assert.equal(kept.code, 0, kept.err);
  const stale = await flag("stale", "--exit-code");
  assert.equal(stale.code, 0, stale.out);
  assert.match(stale.out, /No flag is stale/);
  const cleaned = await flag("clean-up", "new-checkout", "--yes");
  assert.equal(cleaned.code, 1);
  assert.match(cleaned.out, /new-checkout: stays\. It is in use/);
});

test("a flag is made, listed, published, exposed, explained, reverted and marked by commands", async () => {
  const production = ["--environment", "production"];
  const made = await flag("create", "banner", "--expires", "2027-02-01", "--tag", "home");
  assert.equal(made.code, 0, made.err);
  assert.equal((await flag("create", "wordy", "--type", "string")).code, 2);
  const draft = join(folder, "banner.json");
  const rules = [{ id: "half", exposureShare: 0.5, serve: { variant: "on" } }];
  await writeFile(draft, JSON.stringify({ defaultVariant: "off", rules }));
  const unpublished = await flag("expose", "banner", "10", ...production);
  assert.equal(unpublished.code, 2);
  assert.match(unpublished.err, /banner has no rule in force in production/);
  const published = await flag("publish", "banner", ...production, "--file", draft);
  assert.equal(published.code, 0, published.err);
  const first = /revision (\d+)/.exec(published.out)?.[1] ?? "";
  const listed = await flag("list", "--tag", "home");
  assert.match(listed.out, /banner +release +live +production 50\.0 %/);
  assert.match((await flag("list", "--text", "nothing-like-it")).out, /No flag fits/);
  const exposed = await flag("expose", "banner", "0", ...production);
  assert.match(exposed.out, /banner is exposed to 0 % by half, revision \d+\./, exposed.err);
  const now = await flag("eval", "banner", ...production, "--targeting-key", "u1");
  assert.match(now.out, /off \(false\)[^]*half +does not apply +exposure/);
  const reverted = await flag("revert", "banner", first, ...production);
  assert.match(reverted.out, new RegExp(`as in revision ${first} again`), reverted.err);
  assert.match((await flag("show", "banner")).out, /half: everybody, 50\.0 % → \{"variant":"on"\}/);
  const then = await flag("eval", "banner", ...production, "--at", "2020-01-01T00:00:00Z");
  assert.match(then.out, /At 2020-01-01T00:00:00\.000Z banner was/);
  const receipts = await flag("receipts", first, ...production, "--at-least", "99");
  assert.equal(receipts.code, 1);
  assert.match(receipts.out, /No connected client acknowledges revisions; 0 connected/);
  const marked = await flag("mark", "banner", "concluded");
  assert.match(marked.out, /banner is concluded/, marked.err);
});

test("`import <vendor>` reads its own options, so that a dry run changes nothing", async () => {
  const file = join(folder, "unleash.json");
  const features = [{ name: "moved-in", enabled: true, strategies: [{ name: "default" }] }];
  await writeFile(file, JSON.stringify({ version: 1, features }));
  const into = ["import", "unleash", file, "--into", "production"];
  const dry = await paceline(...into, "--dry-run", "--json");
  assert.equal(dry.code, 0, dry.err);
  assert.deepEqual(JSON.parse(dry.out).plan.changes[0].actions, ["create", "publish"]);
  assert.equal((await paceline("flag", "show", "moved-in")).code, 1);
  const done = await paceline(...into, "--yes", "--json");
  assert.equal(JSON.parse(done.out).pushed.changes.length, 1, done.err);
  assert.equal((await paceline("flag", "show", "moved-in")).code, 0);
});
