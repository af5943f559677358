/** Somebody who owns the database changes one audit row of a real installation. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { verifyAudit } from "@paceline/audit/server";
import { closeDatabase, openDatabase } from "@paceline/db";
import type { Db } from "@paceline/db";
import { isUuid } from "@paceline/identifiers";
import { startPostgres } from "@paceline/postgres";
import { sql } from "kysely";

import { runNode } from "../examples/run-example.ts";
import { freePort, makeAdminKey, startServerChild } from "./server-child.ts";
import type { ServerChild } from "./server-child.ts";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const STANDALONE = fileURLToPath(import.meta.resolve("@paceline/audit-verifier")).replace(
  "index.ts",
  "bin.ts",
);
const CLI = join(REPOSITORY, "apps", "cli", "main.ts");

const folder = mkdtempSync(join(tmpdir(), "paceline-tampered-"));
const dataDir = join(folder, "data");
const auditFolder = join(dataDir, "audit");
const exported = join(folder, "export.ndjson");
let server: ServerChild;
let key: string;
before(async () => {
  server = await startServerChild(dataDir, await freePort());
  key = await makeAdminKey(server);
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function call(method: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(new URL(path, server.url), {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** As the superuser of the database that the running server uses. */
async function withDatabase<T>(use: (db: Db) => Promise<T>): Promise<T> {
  const postgres = await startPostgres({ dataDir: join(dataDir, "postgres") });
  assert.ok(postgres.adopted);
  const db = openDatabase(postgres.url, () => undefined);
  try {
    return await use(db);
  } finally {
    await closeDatabase(db);
  }
}

/** An export that is older than the log lacks rows of it: waits until every entry has its place. */
async function exportLog(): Promise<void> {
  for (let pending = 1; pending > 0;) {
    const page = await (await call("GET", "/api/v1/audit/entries?limit=1")).json();
    pending = (page as { pending: unknown[] }).pending.length;
  }
  const answer = await call("GET", "/api/v1/audit/export?personal=true");
  writeFileSync(exported, await answer.text());
}

interface Verdicts {
  readonly installed: { readonly code: number | null; readonly broken: unknown };
  readonly standalone: { readonly code: number | null; readonly broken: unknown };
  readonly commandLine: { readonly code: number | null; readonly broken: unknown };
}

/** What all three say: `verifyAudit`, `paceline audit verify`, and the standalone verifier with an export. */
async function verify(workspaceId: string): Promise<Verdicts> {
  await exportLog();
  const found = await withDatabase((db) => verifyAudit({ auditFolder, db }));
  const [log] = found.logs;
  const stored = join(auditFolder, workspaceId);
  const alone = await runNode([STANDALONE, stored, "--rows", exported, "--json"]);
  const line = await runNode([CLI, "audit", "verify", "--data-dir", dataDir, "--json"]);
  return {
    installed: {
      code: found.exitCode,
      broken: log?.verdict.verdict === "tampered" ? log.verdict.firstBroken : null,
    },
    standalone: { code: alone.code, broken: JSON.parse(alone.output).firstBroken ?? null },
    commandLine: {
      code: line.code,
      broken: JSON.parse(line.output).logs[0].verdict.firstBroken ?? null,
    },
  };
}

test("one changed audit row of a running installation is found and named by every verifier", async () => {
  for (let at = 1; at <= 12; at += 1) {
    await call("PUT", `/api/v1/metrics/orders_${at}`, {
      name: `Orders ${at}`,
      description: "Whether the customer ordered.",
      statistic: "proportion",
      numerator: { event: "Order Completed", aggregation: "any", property: null },
      denominator: null,
      format: "percent",
    });
  }
  const [workspaceId] = readdirSync(auditFolder).filter((name) => isUuid(name));
  assert.ok(workspaceId !== undefined);
  const intact = { code: 0, broken: null };
  const untouched = { installed: intact, standalone: intact, commandLine: intact };
  assert.deepEqual(await verify(workspaceId), untouched);

  const changed = await withDatabase((db) =>
    db.transaction().execute(async (tx) => {
      await sql`alter table audit_entries disable trigger user`.execute(tx);
      const { rows } = await sql<{ leaf_index: string }>`
        update audit_entries as entry set subject_id = 'orders_99'
        where entry.subject_id = 'orders_7' returning entry.leaf_index`.execute(tx);
      await sql`alter table audit_entries enable trigger user`.execute(tx);
      return rows;
    }),
  );
  assert.equal(changed.length, 1);
  const broken = Number(changed[0]?.leaf_index);
  const tampered = { code: 1, broken };
  assert.deepEqual(await verify(workspaceId), {
    installed: tampered,
    standalone: tampered,
    commandLine: tampered,
  });
});
