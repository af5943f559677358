/**
 * `npm run bench:parked`: what rollouts cost that wait for a yes. Starts a node of the engine on a
 * database with none and with many of them, and prints time to the first job, memory and CPU at rest, of
 * the node and of PostgreSQL together.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

import { closeDatabase, migrateToLatest, openDatabase } from "@paceline/db";
import type { Db } from "@paceline/db";
import { startPostgres } from "@paceline/postgres";
import { allMigrations } from "@paceline/server/migrations";
import { sql } from "kysely";

const CHILD = join(import.meta.dirname, "..", "..", "tests", "faults", "rollout-child.ts");
const COUNTS = (process.argv[2] ?? "0,1000,10000").split(",").map(Number);
const REST_MS = 10_000;
const TICKS_PER_S = 100;

function readCpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function readMemoryMib(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(line?.[1] ?? 0) / 1024;
}

/** Runs that wait for an approval: a row each, and no job, as the engine leaves them. */
async function park(db: Db, count: number): Promise<void> {
  await sql`truncate workflow_runs cascade`.execute(db);
  await sql`
    insert into workflow_runs (id, workspace_id, process, version, subject, status, state, timers,
      wake_at, revision, started_at, updated_at)
    select gen_random_uuid(), gen_random_uuid(), 'rollout-plan', 1, 'rollout/' || n, 'active',
      ${JSON.stringify({ filler: "x".repeat(2_000) })}::jsonb, '[{"name":"look"}]',
      now() + interval '30 days', 3, now(), now()
    from generate_series(1, ${count}) as n`.execute(db);
  await sql`
    select count(graphile_worker.add_job('workflow_wake', json_build_object('runId', id::text),
      run_at := wake_at, job_key := 'wake:' || id)) from workflow_runs`.execute(db);
  await sql`analyze`.execute(db);
}

async function measure(url: string, db: Db, count: number, postgresPid: number): Promise<void> {
  await park(db, count);
  const began = performance.now();
  const child = spawn(process.execPath, [CHILD, url, `bench-${count}`, "none"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) if (line.includes("ready")) break;
  const readyMs = performance.now() - began;
  const pid = child.pid ?? 0;
  const backends = await sql<{ pid: number }>`
    select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`.execute(
    db,
  );
  const postgres = [postgresPid, ...backends.rows.map((row) => row.pid)];
  const cpuOf = (pids: readonly number[]): number =>
    pids.reduce((sum, one) => {
      try {
        return sum + readCpuSeconds(one);
      } catch {
        return sum;
      }
    }, 0);
  const before = [cpuOf([pid]), cpuOf(postgres)] as const;
  await pause(REST_MS);
  const used = [cpuOf([pid]) - before[0], cpuOf(postgres) - before[1]] as const;
  const share = used.map((seconds) => `${((100 * seconds * 1_000) / REST_MS).toFixed(1)} %`);
  console.log(
    `${count} parked: ready after ${readyMs.toFixed(0)} ms, ${readMemoryMib(pid).toFixed(0)} MiB, CPU of one core at rest: node ${share[0] ?? ""}, PostgreSQL ${share[1] ?? ""}`,
  );
  child.kill("SIGKILL");
  await once(child, "exit");
}

const folder = mkdtempSync(join(tmpdir(), "paceline-parked-"));
const postgres = await startPostgres({ dataDir: join(folder, "postgres") });
const db = openDatabase(postgres.url, () => undefined);
await migrateToLatest(db, allMigrations);
for (const count of COUNTS) await measure(postgres.url, db, count, postgres.pid);
await closeDatabase(db);
await postgres.stop();
rmSync(folder, { recursive: true, force: true });
