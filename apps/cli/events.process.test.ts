import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";

const ROOT = join(import.meta.dirname, "..", "..");
const CLI = join(ROOT, "apps/cli/main.ts");
const HOUR_MS = 3_600_000;
/** Hours that are over, so that no instant is moved to the receipt. */
const FROM = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 6 * HOUR_MS;
const iso = (at: number): string => new Date(at).toISOString();
const TIME = ["--from", iso(FROM), "--to", iso(FROM + 4 * HOUR_MS)];
const PRODUCTION = ["--environment", "production"];

const folder = await mkdtemp(join(tmpdir(), "paceline-cli-events-"));
const dataDir = join(folder, "data");
const path = (name: string): string => join(folder, name);
let env: NodeJS.ProcessEnv = {};

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function paceline(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env, cwd: ROOT }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

const events = (...args: string[]): Promise<Run> => paceline("events", ...args);

/** Servers of several tests run at once, whatever is set where they run: each has its own database and ports. */
const OF_ITS_OWN = {
  DATABASE_URL: "",
  PACELINE_OTLP_PORT: "",
  PACELINE_FLAGD_EVALUATION_PORT: "",
  PACELINE_FLAGD_SYNC_PORT: "",
};

const server = spawn(
  process.execPath,
  [CLI, "start", "--port", "0", "--data-dir", dataDir, "--sample", "0", "--json"],
  { cwd: ROOT, env: { ...process.env, ...OF_ITS_OWN }, stdio: ["ignore", "pipe", "inherit"] },
);
const ended = new Promise((resolve) => server.once("exit", resolve));

async function newKey(scope: string, ...more: string[]): Promise<string> {
  const made = await paceline(
    "key",
    "create",
    "--name",
    scope,
    "--scope",
    scope,
    ...more,
    "--data-dir",
    dataDir,
    "--json",
  );
  assert.equal(made.code, 0, made.err);
  return JSON.parse(made.out).secret;
}

before(async () => {
  const line = await new Promise<string>((resolve) => {
    createInterface({ input: server.stdout }).once("line", resolve);
  });
  const { url, firstRunUrl }: { url: string; firstRunUrl: string } = JSON.parse(line);
  const response = await fetch(`${url}/api/v1/first-run`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      token: firstRunUrl.split("#")[1],
      workspaceName: "CLI",
      name: "Ann",
      email: "ann@example.test",
      password: "correct horse battery",
    }),
  });
  assert.equal(response.status, 201, await response.text());
  env = { ...process.env, PACELINE_URL: url };
  env["PACELINE_KEY"] = await newKey("admin");
  env["PACELINE_WRITE_KEY"] = await newKey("intake", ...PRODUCTION);
  const rows = Array.from(
    { length: 40 },
    (_, place) =>
      `order-${place},customer-${place % 8},Order Completed,${iso(FROM + place * 300_000)},${place},${place % 2 === 0 ? "DE" : "FR"}`,
  );
  await writeFile(
    path("orders.csv.gz"),
    gzipSync(["id,who,what,when,sum,properties.country", ...rows].join("\n")),
  );
});

after(async () => {
  server.kill("SIGTERM");
  await ended;
  await rm(folder, { recursive: true, force: true });
});

const MAPPED = [
  path("orders.csv.gz"),
  "--map",
  "messageId=id,userId=who,event=what,timestamp=when,properties.revenue=sum",
];

/** Queries see an event within about two seconds; asks until they do. */
async function stored(count: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const { out } = await events("export", ...PRODUCTION);
    if (out.split("\n").length - 1 === count) return;
    assert.ok(performance.now() < deadline, `never ${count} events: ${out}`);
  }
}

test("each subcommand explains itself with an example", async () => {
  for (const name of ["tail", "query", "import", "export", "parity", "erase", "retain", "adopt"]) {
    const { code, out } = await events(name, "--help");
    assert.equal(code, 0);
    assert.match(out, new RegExp(`\\$ .*paceline events ${name} `));
  }
});

test("a dry run checks a file and stores nothing; the import takes each message once", async () => {
  const dry = await events("import", ...MAPPED, "--dry-run", "--json");
  assert.equal(dry.code, 0, dry.err + dry.out);
  assert.deepEqual(
    [JSON.parse(dry.out).sent, JSON.parse(dry.out).accepted, JSON.parse(dry.out).rejected],
    [40, 40, 0],
  );
  const first = await events("import", ...MAPPED, "--json");
  assert.deepEqual(JSON.parse(first.out), {
    sent: 40,
    accepted: 40,
    duplicate: 0,
    rejected: 0,
    unreadable: 0,
  });
  const again = await paceline("import", ...MAPPED, "--json");
  assert.equal(JSON.parse(again.out).duplicate, 40);
  await stored(40);
});

test("what is wrong in a file is named by its place, and ends with 1", async () => {
  await writeFile(
    path("bad.json"),
    JSON.stringify([
      { type: "track", userId: "u", event: "x" },
      { type: "nothing", userId: "u" },
    ]),
  );
  const { code, out } = await events("import", path("bad.json"), "--dry-run");
  assert.equal(code, 1);
  assert.match(out, /2 checked: 1 good, .* 1 rejected/u);
  assert.match(out, /message 2: \/type/u);
  const good = '{"type":"track","userId":"u","event":"x"}';
  await writeFile(path("mixed.ndjson"), `\ufeff${good}\nno json\n\n{"type":"page"}\n${good}\n`);
  const mixed = await events("import", path("mixed.ndjson"), "--dry-run");
  assert.match(mixed.out, /3 checked: 2 good, .* 1 rejected, 1 unreadable/u);
  assert.match(mixed.out, /message 2: is no JSON object\n {2}message 3: \/userId/u);
  await writeFile(path("open.csv"), 'userId,event\nu,"x');
  await writeFile(path("cut.ndjson.gz"), gzipSync(good).subarray(0, 30));
  await writeFile(path("none.parquet"), "none");
  const names = ["open.csv", "cut.ndjson.gz", "none.parquet", "."];
  const broken = await Promise.all(names.map((name) => events("import", path(name), "--dry-run")));
  for (const { code: ended, err } of broken) {
    assert.match(err, /^\S+ cannot be read to its end: [^\n]+\n$/u);
    assert.equal(ended, 1);
  }
});

test("an export is imported again as the same events, also from Parquet and a JSON array", async () => {
  for (const format of ["ndjson", "json", "parquet"]) {
    const file = path(`out.${format}`);
    const made = await events("export", file, ...PRODUCTION, "--format", format, "--json");
    assert.equal(made.code, 0, made.err);
    assert.equal(JSON.parse(made.out).events, 40);
    const again = await events("import", file, "--json");
    assert.deepEqual(
      [again.code, JSON.parse(again.out).duplicate, JSON.parse(again.out).unreadable],
      [0, 40, 0],
      `${format}: ${again.out}`,
    );
  }
  const csv = await events("export", ...PRODUCTION, "--format", "csv", "--person", "customer-3");
  assert.equal(csv.out.trimEnd().split("\r\n").length, 1 + 5);
  assert.match(csv.err, /^5 events/u);
});

test("questions are answered as a table, as CSV, as JSON and with their SQL", async () => {
  const order = [...PRODUCTION, ...TIME, "--event", "Order Completed"];
  const sum = [...order, "--measure", "sum", "--property", "revenue", "--bucket", "1d"];
  const shown = await events("query", ...sum);
  assert.match(shown.out, /^time +split +value +events\n/u);
  const csv = await events("query", ...sum, "--csv");
  const total = csv.out
    .trimEnd()
    .split("\n")
    .slice(1)
    .reduce((added, line) => added + Number(line.split(",")[2]), 0);
  assert.equal(total, (39 * 40) / 2);
  const top = await events("query", ...order, "--kind", "top", "--property", "country", "--json");
  assert.deepEqual(JSON.parse(top.out).top, [
    { value: "DE", count: 20 },
    { value: "FR", count: 20 },
  ]);
  assert.match((await events("query", ...order, "--sql")).out, /^WITH|SELECT/u);
  await writeFile(
    path("plan.json"),
    JSON.stringify({
      kind: "funnel",
      environment: "production",
      steps: [
        { type: "track", event: "Order Completed" },
        { type: "track", event: "Order Completed" },
      ],
      windowMs: 10 * HOUR_MS,
      from: iso(FROM),
      to: iso(FROM + 4 * HOUR_MS),
    }),
  );
  const funnel = await events("query", path("plan.json"), "--csv");
  assert.deepEqual(
    funnel.out
      .split("\n")
      .slice(1, 3)
      .map((line) => line.split(",").slice(1, 3)),
    [
      ["1", "8"],
      ["2", "8"],
    ],
  );
});

test("wrong use ends with 2 and says what is missing; a refusal of the server ends with 1", async () => {
  const funnel = await events("query", ...PRODUCTION, "--kind", "funnel", "--event", "Order");
  assert.deepEqual([funnel.code, funnel.out], [2, ""]);
  assert.match(funnel.err, /at least twice/u);
  assert.match((await events("query", ...PRODUCTION, "--last", "7x")).err, /7x is no duration/u);
  assert.equal((await events("tail")).code, 2);
  const refused = await events("query", ...PRODUCTION, "--from", "2020-01-01", "--bucket", "1m");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /\(422\): .+\n {2}\/bucketMs .+/u);
  const elsewhere = ["--environment", "prod"];
  const refusals = [
    events("query", ...elsewhere),
    events("export", path("elsewhere.csv"), ...elsewhere),
    events("tail", ...elsewhere),
  ];
  for (const { code, err } of await Promise.all(refusals)) {
    assert.deepEqual([code, /has no environment prod; it has .*production/u.test(err)], [1, true]);
  }
  const inFolder = await events("export", folder, ...PRODUCTION);
  assert.match(inFolder.err, /^The export did not get to its end: EISDIR[^\n]*\n$/u);
  await assert.rejects(readFile(`${folder}.part`), { code: "ENOENT" });
});

/** The lines of a process, and its end. */
function watching(child: ChildProcess): { out: () => string; code: Promise<number | null> } {
  let out = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  return {
    out: () => out,
    code: new Promise((resolve) => child.once("close", resolve)),
  };
}

test("an event that arrives is printed at once, also by a tail that was started before", async () => {
  const child = spawn(
    process.execPath,
    [CLI, "events", "tail", ...PRODUCTION, "--event", "Refunded", "--count", "1", "--json"],
    { env, cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
  );
  const tail = watching(child);
  await new Promise<void>((resolve) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (text.includes("Watching production")) resolve();
    });
  });
  const line = (id: string, event: string) =>
    JSON.stringify({ type: "track", messageId: id, userId: "customer-1", event });
  await writeFile(path("live.ndjson"), `${line("l1", "Other")}\n${line("l2", "Refunded")}\n`);
  assert.equal((await events("import", path("live.ndjson"))).code, 0);
  assert.equal(await tail.code, 0);
  assert.equal(JSON.parse(tail.out()).messageId, "l2");
});

test("a comparison names what is missing, and ends with 1 when both are far apart", async () => {
  const exported = await readFile(path("out.ndjson"), "utf8");
  await writeFile(path("theirs.ndjson"), exported);
  const equal = await events("parity", path("theirs.ndjson"), ...PRODUCTION, ...TIME);
  assert.equal(equal.code, 0, equal.err);
  assert.match(equal.out, /^Paceline has all 40 messages\.\n/u);
  const lost = { type: "track", messageId: "lost", event: "Order Completed", timestamp: iso(FROM) };
  await writeFile(path("more.ndjson"), `${exported}${JSON.stringify(lost)}\n`);
  const apart = await events("parity", path("more.ndjson"), ...PRODUCTION, ...TIME);
  assert.equal(apart.code, 1);
  assert.match(apart.out, /^Paceline has 97\.56% of the 41 messages; 1 of Order Completed/u);
  assert.match(apart.out, /Missing here, for example:\nOrder Completed: lost/u);
});

test("a person is erased after a preview, only with --yes, and leaves a receipt that names nobody", async () => {
  const asked = await events("erase", "customer-1", "--reason", "asked for it");
  assert.equal(asked.code, 2);
  assert.match(asked.out, /customer-1.*\n.*production +7/su);
  assert.match(asked.err, /Nothing was erased\. .* --yes/u);
  const receipt = path("receipt.json");
  const erased = await events(
    "erase",
    "customer-1",
    "--reason",
    "asked for it",
    "--yes",
    "--receipt",
    receipt,
  );
  assert.equal(erased.code, 0, erased.err);
  assert.match(erased.out, /^Erased: 7 events /u);
  const kept = await readFile(receipt, "utf8");
  assert.equal(JSON.parse(kept).rowsRemoved, 7);
  assert.ok(!kept.includes("customer-1"));
  const left = await events("export", ...PRODUCTION, "--person", "customer-1");
  assert.equal(left.out, "");
  const all = await events("erasures", "export");
  assert.equal(JSON.parse(all.out.trim()).receiptSha256, JSON.parse(kept).receiptSha256);
});

test("how long events are kept is set and shown, with what goes next", async () => {
  const set = await events("retain", ...PRODUCTION, "--months", "13");
  assert.equal(set.code, 0, set.err);
  const shown = await events("retain", "--json");
  assert.deepEqual(JSON.parse(shown.out).rules, [{ environment: "production", months: 13 }]);
  assert.equal((await events("retain", ...PRODUCTION, "--months", "soon")).code, 2);
});

test("a log is adopted only into ClickHouse, and without it the command says so", async () => {
  const { code, err } = await events("adopt", dataDir, "--data-dir", path("other"));
  assert.equal(code, 2);
  assert.match(err, /CLICKHOUSE_URL/u);
});
