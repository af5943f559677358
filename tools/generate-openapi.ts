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

/** Operations that say nothing about themselves: a reader of the reference would have to guess. */
function withoutSummary(paths: object): readonly string[] {
  return Object.entries(paths).flatMap(([path, operations]: [string, object]) =>
    Object.entries(operations)
      .filter(([, operation]: [string, object]) => !("summary" in operation))
      .map(([method]) => `${method.toUpperCase()} ${path}`),
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
  const document = server.app.swagger();
  for (const operation of withoutSummary(document.paths ?? {})) {
    console.error(`${operation} has no summary in its schema.`);
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
