import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const ROOT = join(import.meta.dirname, "..", "..");
const CLI = join(ROOT, "apps/cli/main.ts");

const folder = await mkdtemp(join(tmpdir(), "paceline-cli-"));
const dataDir = join(folder, "data");
let url = "";
let key = "";

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function paceline(...args: string[]): Promise<Run> {
  const env = { ...process.env, PACELINE_URL: url, PACELINE_KEY: key };
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env, cwd: ROOT }, (error, out, err) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, out, err });
    });
  });
}

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
      workspaceName: "CLI",
      name: "Ann",
      email: "ann@example.test",
      password: "correct horse battery",
    }),
  });
  assert.equal(response.status, 201, await response.text());
});

after(async () => {
  server.kill("SIGTERM");
  await ended;
  await rm(folder, { recursive: true, force: true });
});

test("a reader that has enough ends a command without a stack", async () => {
  const child = spawn(process.execPath, [CLI, "events", "query", "--help"], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const [code] = await once(child, "close");
  assert.deepEqual([code, Buffer.concat(errors).toString()], [0, ""]);
});

test("without a command the help is shown, and an unknown one is wrong use", async () => {
  const help = await paceline("--help");
  assert.equal(help.code, 0);
  for (const name of [
    "start",
    "doctor",
    "key",
    "initiative",
    "flag",
    "rollback",
    "events",
    "import",
    "audit",
    "backup",
    "restore",
  ]) {
    assert.match(help.out, new RegExp(`\\n  ${name} `));
    assert.equal((await paceline(name, "--help")).code, 0);
  }
  assert.equal((await paceline("launch")).code, 2);
});

test("an admin key is made on the machine of the data directory, beside the running server", async () => {
  const made = await paceline(
    "key",
    "create",
    "--name",
    "cli",
    "--scope",
    "admin",
    "--data-dir",
    dataDir,
    "--json",
  );
  assert.equal(made.code, 0, made.err);
  key = JSON.parse(made.out).secret;
  assert.match(key, /^pck_/);
  const listed = await paceline("key", "list", "--data-dir", dataDir, "--json");
  assert.deepEqual(
    JSON.parse(listed.out).items.map((item: { name: string }) => item.name),
    ["cli"],
  );
  assert.ok(!listed.out.includes(key));
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
});

test("an intake key without an environment is refused with the way out", async () => {
  const made = await paceline(
    "key",
    "create",
    "--name",
    "x",
    "--scope",
    "intake",
    "--data-dir",
    dataDir,
  );
  assert.equal(made.code, 1);
  assert.match(made.err, /needs --environment/);
});

test("a proposal from a file is decided, and the decision names what is missing", async () => {
  const made = await paceline(
    "initiative",
    "new",
    "docs/examples/email-campaign/initiative.yaml",
    "--json",
  );
  assert.equal(made.code, 0, made.err);
  const { key: name } = JSON.parse(made.out);
  const decided = await paceline("initiative", "decide", name);
  assert.equal(decided.code, 0, decided.err);
  assert.match(decided.out, /Not ready/);
  assert.match(decided.out, /R-17 +hit/);
  const shown = await paceline("initiative", "show", name);
  assert.match(shown.out, /state +proposed/);
});

test("a refusal of the server ends with 1 and its detail, a missing server too", async () => {
  const missing = await paceline("rollback", "nothing", "--environment", "production");
  assert.equal(missing.code, 1);
  assert.match(missing.err, /no such flag/);
  const away = await paceline("initiative", "show", "--url", "http://127.0.0.1:9");
  assert.equal(away.code, 1);
  assert.match(away.err, /Is the server running\?/);
});

test("events are imported once, and unreadable lines are counted", async () => {
  const made = await paceline(
    "key",
    "create",
    "--name",
    "in",
    "--scope",
    "intake",
    "--environment",
    "production",
    "--data-dir",
    dataDir,
    "--json",
  );
  const writeKey: string = JSON.parse(made.out).secret;
  const file = join(folder, "events.ndjson");
  const line = (id: string): string =>
    JSON.stringify({ type: "track", messageId: id, userId: "u", event: "Opened" });
  await writeFile(file, `${line("a")}\n${line("b")}\nnot json\n`);
  const first = await paceline("import", file, "--write-key", writeKey, "--json");
  assert.equal(first.code, 1);
  assert.deepEqual(JSON.parse(first.out), {
    sent: 2,
    accepted: 2,
    duplicate: 0,
    rejected: 0,
    unreadable: 1,
  });
  const second = await paceline("import", file, "--write-key", writeKey, "--json");
  assert.equal(JSON.parse(second.out).duplicate, 2);
});

test("the audit log verifies, one entry is proven, and an unknown one is unusable", async () => {
  const verified = await paceline("audit", "verify", "--data-dir", dataDir);
  assert.equal(verified.code, 0, verified.out + verified.err);
  assert.match(verified.out, /^Intact: /);
  assert.equal((await paceline("audit", "prove", "0", "--data-dir", dataDir)).code, 0);
  assert.equal((await paceline("audit", "prove", "99999", "--data-dir", dataDir)).code, 2);
});

test("a backup of the running server restores into an empty directory, and its log verifies", async () => {
  const backup = join(folder, "backup");
  const restored = join(folder, "restored");
  const made = await paceline("backup", backup, "--data-dir", dataDir);
  assert.equal(made.code, 0, made.err);
  assert.equal((await paceline("backup", backup, "--data-dir", dataDir)).code, 2);
  const back = await paceline("restore", backup, "--data-dir", restored);
  assert.match(back.out, /Nobody was erased again: .*--erasures/u);
  assert.equal(back.code, 0, back.err);
  const verified = await paceline("audit", "verify", "--data-dir", restored);
  assert.equal(verified.code, 0, verified.out + verified.err);
  const keys = await paceline("key", "list", "--data-dir", restored, "--json");
  assert.equal(JSON.parse(keys.out).items.length, 2);
  assert.equal((await paceline("restore", backup, "--data-dir", restored)).code, 1);
});

test("a changed file of a backup is found before anything is restored", async () => {
  const backup = join(folder, "changed");
  await paceline("backup", backup, "--data-dir", dataDir);
  const table = join(backup, "tables", "workspaces");
  await writeFile(table, `${await readFile(table, "utf8")}x`);
  const back = await paceline("restore", backup, "--data-dir", join(folder, "never"));
  assert.equal(back.code, 1);
  assert.match(back.err, /was changed. Nothing was restored/);
});

test("the doctor finds settings, database, disk, server and exporter in order", async () => {
  const found = await paceline("doctor", "--data-dir", dataDir, "--json");
  assert.equal(found.code, 0, found.out);
  const { ok, checks } = JSON.parse(found.out);
  assert.equal(ok, true);
  const exporter = checks.find(({ name }: { name: string }) => name === "exporter");
  const detailOf = (wanted: string) =>
    checks.find(({ name }: { name: string }) => name === wanted).detail;
  assert.match(detailOf("flagd"), /nothing is read without a key/);
  assert.match(detailOf("tls"), /not used/);
  assert.match(exporter.detail, /OTEL_EXPORTER_OTLP_ENDPOINT is not set/);
});

const PLAN = {
  type: "object",
  required: ["order_id"],
  properties: { order_id: { type: "string" } },
  additionalProperties: false,
};

async function planFile(name: string, schema: object, about: object = {}): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify({ "x-paceline": about, ...schema }));
  return path;
}

test("plan check says offline which version a change needs, by its exit code", async () => {
  const before = await planFile("before.json", PLAN, { version: "1-0-0" });
  const properties = { ...PLAN.properties, coupon: { type: "string" } };
  const wider = await planFile("wider.json", { ...PLAN, properties }, { version: "1-0-1" });
  const breaking = { ...PLAN, required: ["order_id", "coupon"], properties };
  const small = await planFile("small.json", breaking, { version: "1-1-0" });
  const broken = await planFile("broken.json", { type: "objekt" });
  const ok = await paceline("plan", "check", before, wider);
  assert.deepEqual([ok.code, ok.out.includes("ADDITION")], [0, true], ok.err);
  const tooSmall = await paceline("plan", "check", before, small, "--json");
  assert.equal(tooSmall.code, 1);
  assert.equal(JSON.parse(tooSmall.out).plans[0].required, "2-0-0");
  const unusable = await paceline("plan", "check", before, broken);
  assert.deepEqual([unusable.code, /\/type/.test(unusable.err)], [2, true]);
  assert.equal((await paceline("plan", "check", before, join(folder, "none.json"))).code, 2);
});

test("plans go to the server and back as files, and judge recorded events", async () => {
  const about = { event: "Order Completed", version: "1-0-0", mode: "enforce" };
  const path = await planFile("order-completed.schema.json", PLAN, about);
  const pushed = await paceline("plan", "push", path, "--publish");
  assert.deepEqual(
    [pushed.code, pushed.out.trim()],
    [0, "order-completed: published 1-0-0"],
    pushed.err,
  );
  const again = await paceline("plan", "push", path, "--publish");
  assert.match(again.out, /in force already/);
  assert.match((await paceline("plan", "list")).out, /order-completed +Order Completed +1-0-0/);
  const pulled = join(folder, "pulled");
  assert.equal((await paceline("plan", "pull", pulled)).code, 0);
  const file = JSON.parse(await readFile(join(pulled, "order-completed.schema.json"), "utf8"));
  assert.deepEqual([file["x-paceline"].mode, file.required], ["enforce", ["order_id"]]);
  const events = join(folder, "recorded.ndjson");
  const order = { type: "track", userId: "u", event: "Order Completed" };
  const lines = [
    { ...order, properties: { order_id: "1" } },
    { ...order, properties: { order_id: 1 } },
  ];
  await writeFile(events, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
  const judged = await paceline("plan", "validate", events, "--json");
  assert.equal(judged.code, 1);
  const { failed, faults } = JSON.parse(judged.out);
  assert.deepEqual([failed, faults[0].line, faults[0].path], [1, 2, "/properties/order_id"]);
});

test("help names the variable of a key and never shows the key", async () => {
  for (const command of [["events", "erase"], ["flag", "pull"], ["rollback"]]) {
    const { code, out } = await paceline(...command, "--help");
    assert.equal(code, 0);
    assert.match(out, /--key <key>.*\(env: PACELINE_KEY\)/s);
    assert.ok(!out.includes(key), `the help of ${command.join(" ")} shows the key`);
  }
});
