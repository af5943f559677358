/**
 * `npm run generate:openapi`: writes docs/api/openapi.json from the routes of the real server.
 * With `--check` it changes nothing and exits 1 when the checked-in file differs.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { createLogger } from "@paceline/server/logger";
import { startServer } from "@paceline/server/server";
import { testDatabase } from "@paceline/test-kit";

const OUT = "docs/api/openapi.json";

/** Formatted as the repository formats JSON, so that the format check has nothing to say. */
function format(document: unknown, folder: string): string {
  const file = join(folder, "openapi.json");
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  const { status, stderr } = spawnSync("oxfmt", ["--config", ".oxfmtrc.json", file], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`oxfmt failed: ${stderr}`);
  return readFileSync(file, "utf8");
}

/** What a reader of the reference would have to guess without. */
const NEEDED = ["summary", "description", "operationId", "tags", "responses"];

/** Operations that leave something of themselves unsaid, or share their name with another one. */
function faultsOf(paths: object): readonly string[] {
  const names = new Set<unknown>();
  return Object.entries(paths).flatMap(([path, operations]: [string, object]) =>
    Object.entries(operations).flatMap(([method, operation]: [string, object]) => {
      const missing = NEEDED.filter((name) => !(name in operation)).map((name) => `has no ${name}`);
      const name: unknown = Reflect.get(operation, "operationId");
      const faults = names.has(name) ? [...missing, "has the operationId of another"] : missing;
      names.add(name);
      return faults.map((fault) => `${method.toUpperCase()} ${path} ${fault} in its schema.`);
    }),
  );
}

function readCommitted(): string | null {
  try {
    return readFileSync(OUT, "utf8");
  } catch {
    return null;
  }
}

const database = await testDatabase();
const folder = mkdtempSync(join(tmpdir(), "paceline-openapi-"));
const server = await startServer(
  {
    port: 0,
    host: "127.0.0.1",
    dataDir: join(folder, "data"),
    databaseUrl: database.url,
    nodeId: "node",
    clickhouseUrl: null,
    clickhouseUser: null,
    clickhousePassword: null,
    clickhouseCluster: null,
    clickhouseKeepLogMinutes: 0,
    keepRolloutDays: 400,
    keepReadingDays: 30,
    adoptLogs: [],
    auditDir: join(folder, "audit"),
    sample: false,
    logLevel: "silent",
    trustProxy: null,
    publicUrl: null,
    otlpPort: null,
    metricsPublic: false,
    flagdEvaluationPort: null,
    flagdSyncPort: null,
    flagdSocketDir: null,
    flagdOpenEnvironment: null,
    tls: null,
  },
  createLogger("silent"),
);
try {
  const document = server.app.reference();
  for (const fault of faultsOf(Object(document["paths"]))) {
    console.error(fault);
    process.exitCode = 1;
  }
  const text = format(document, folder);
  if (!process.argv.includes("--check")) {
    mkdirSync(dirname(OUT), { recursive: true });
    writeFileSync(OUT, text);
  } else if (readCommitted() !== text) {
    console.error(`${OUT} differs from the server's routes; run \`npm run generate:openapi\`.`);
    process.exitCode = 1;
  }
} finally {
  await server.close();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}
