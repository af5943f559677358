/**
 * `npm run generate:db-types`: writes platform/db/database.generated.ts from the migrated schema.
 * With `--check` it changes nothing and exits 1 when the checked-in file differs.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import type { FeatureMigrations } from "@paceline/db";
import { testDatabase } from "@paceline/test-kit";

const OUT = "platform/db/database.generated.ts";
const HEADER =
  "/** Made by `npm run generate:db-types` from the migrated schema. Do not edit. */\n";
/** 64-bit integers are parsed to numbers by openDatabase. */
const TYPES = { int8: "number" };

async function discover(): Promise<FeatureMigrations[]> {
  const files = [
    "platform/db/node-migrations.ts",
    "platform/http/migrations.ts",
    "platform/workflow/migrations.ts",
  ];
  for (const feature of readdirSync("features").toSorted()) {
    const file = join("features", feature, "server", "migrations", "index.ts");
    if (existsSync(file)) files.push(file);
  }
  const modules = await Promise.all(
    files.map(
      async (file): Promise<{ migrations: FeatureMigrations }> =>
        import(pathToFileURL(resolve(file)).href),
    ),
  );
  return modules.map((module) => module.migrations);
}

function generate(url: string): string {
  const folder = mkdtempSync(join(tmpdir(), "paceline-types-"));
  const file = join(folder, "database.ts");
  const args = [
    "--dialect",
    "postgres",
    "--url",
    url,
    "--out-file",
    file,
    "--log-level",
    "error",
    "--exclude-pattern",
    "{kysely_*,graphile_worker.*}",
    "--type-mapping",
    JSON.stringify(TYPES),
  ];
  const { status, stderr } = spawnSync("kysely-codegen", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`kysely-codegen failed: ${stderr}`);
  const body = readFileSync(file, "utf8")
    .replace(/^\/\*\*[\s\S]*?\*\/\s*/, "")
    .replace("export interface DB {", "export interface Database {");
  writeFileSync(file, HEADER + body);
  spawnSync("oxfmt", ["--config", ".oxfmtrc.json", file], { encoding: "utf8" });
  const text = readFileSync(file, "utf8");
  rmSync(folder, { recursive: true });
  return text;
}

const database = await testDatabase({ migrations: await discover() });
try {
  const text = generate(database.url);
  if (!process.argv.includes("--check")) writeFileSync(OUT, text);
  else if (readFileSync(OUT, "utf8") !== text) {
    console.error(`${OUT} differs from the migrated schema; run \`npm run generate:db-types\`.`);
    process.exitCode = 1;
  }
} finally {
  await database.close();
}
