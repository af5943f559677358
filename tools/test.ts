/**
 * `npm test`: everything that continuous integration runs, in an order that fails early.
 * `npm test -- --only pure,sql` runs some suites; `--list` names them; `--whole` runs all of what is
 * otherwise run in part. Ends with `N passed, N failed`.
 */
import { spawn } from "node:child_process";
import { globSync, mkdirSync, createWriteStream } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

interface Suite {
  readonly name: string;
  readonly about: string;
  /** A command to run; or test files for node's runner. */
  readonly command?: readonly [string, ...string[]];
  readonly files?: readonly string[];
  /** Pure tests share one process: many small files would otherwise pay for a process each. */
  readonly shareProcess?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    whole: { type: "boolean" },
    list: { type: "boolean" },
    help: { type: "boolean" },
  },
});

const LOGS = "node_modules/.cache/paceline-test-logs";
/** Hundreds of processes load the same modules: each is compiled by the first of them only. */
const COMPILED = resolve("node_modules/.cache/paceline-test-modules");
const IGNORED = (file: string): boolean => file.includes("node_modules") || file.includes("/dist/");

function find(...patterns: string[]): string[] {
  return globSync(patterns, { exclude: IGNORED }).toSorted();
}

const NEEDS_PROCESS = /\.(?:sql|http|process|browser)\.test\.ts$/;
const pure = find(
  "{packages,sdks}/**/*.test.ts",
  "features/*/domain/**/*.test.ts",
  "platform/web-kit/**/*.test.ts",
).filter((file) => !NEEDS_PROCESS.test(file));
const sqlTests = find("{features,platform,apps}/**/*.sql.test.ts");
/** Of each kind of statement one: what differs between versions of PostgreSQL is SQL, not its use. */
const SQL15 =
  /platform\/(?:db|workflow)\/|append-audit|sequencer|threats-keys|initiatives\.sql|experiments\.sql|flags\/server\/(?:routes|layers|holdouts|sticky|files|commands\/flag-commands)|monitor|plans\.sql|shared-suppression/;
const rest = find("{features,platform,apps,tools,packages,sdks}/**/*.test.ts").filter(
  (file) => !pure.includes(file) && !sqlTests.includes(file),
);

const SUITES: readonly Suite[] = [
  {
    name: "check",
    about: "format, types, lint, edges, Markdown paths",
    command: ["node", "tools/check.ts", "--all"],
  },
  { name: "pure", about: "rules and packages, one process", files: pure, shareProcess: true },
  { name: "platform", about: "servers, files and processes", files: rest },
  { name: "sql", about: "SQL on PostgreSQL 18", files: sqlTests },
  {
    name: "schema",
    about: "generated files against the schema and the routes",
    command: ["npm", "run", "-s", "check:generated"],
  },
  {
    name: "sql15",
    about: "SQL on PostgreSQL 15",
    files: values.whole === true ? sqlTests : sqlTests.filter((file) => SQL15.test(file)),
    env: { PACELINE_TEST_PG: "15" },
  },
  {
    name: "conformance",
    about: "vectors of others",
    files: find("tests/conformance/**/*.test.ts"),
  },
  {
    name: "clickhouse",
    about: "the same queries on every engine, and ClickHouse going away",
    files: find("tests/clickhouse/**/*.test.ts"),
  },
  {
    name: "build",
    about: "the web app and its size budgets",
    command: ["npm", "run", "-s", "test:web-build"],
  },
  {
    name: "journeys",
    about: "a person's way through the product in a real browser",
    files: find("tests/e2e/**/*.test.ts"),
  },
  {
    name: "faults",
    about: "killed processes, short form",
    files: find("tests/faults/**/*.test.ts"),
  },
  {
    name: "clients",
    about: "the clients of others against a server that refuses and dies, short form",
    files: find("tests/clients/**/*.test.ts"),
  },
  {
    name: "examples",
    about: "the examples of docs and README on real data",
    files: find("tests/examples/**/*.test.ts", "docs/**/*.test.ts"),
  },
];

function commandOf(suite: Suite): readonly string[] {
  if (suite.command !== undefined) return suite.command;
  const sharing =
    suite.shareProcess === true
      ? ["--test-isolation=none"]
      : [`--test-concurrency=${Math.min(2, availableParallelism())}`];
  return [
    "node",
    // What is published is tested from its source.
    "--conditions=paceline:source",
    "--test",
    "--test-reporter=./tools/test-reporter.ts",
    "--test-timeout=240000",
    ...sharing,
    ...(suite.files ?? []),
  ];
}

/** Reads the closing lines of both kinds of suite; a suite that prints none counts as one test. */
function tallyOf(output: string, code: number): Tally {
  const summary = /^#summary (\{.*\})$/m.exec(output)?.[1];
  if (summary !== undefined) {
    const tally: Tally = JSON.parse(summary);
    return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
  }
  const closing = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (closing !== undefined) {
    const failed = Number(closing[2]);
    return {
      passed: Number(closing[1]),
      failed: code !== 0 && failed === 0 ? 1 : failed,
      skipped: Number(closing[3] ?? 0),
    };
  }
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

async function run(suite: Suite): Promise<Tally> {
  if (suite.files?.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const [program = "", ...args] = commandOf(suite);
  const log = createWriteStream(`${LOGS}/${suite.name}.log`);
  let output = "";
  const child = spawn(program, args, {
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...suite.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      output += chunk;
      log.write(chunk);
      process.stdout.write(chunk.replaceAll(/^#summary .*\n/gm, ""));
    });
  }
  const code = await new Promise<number>((resolve) => {
    child.on("close", (status) => resolve(status ?? 1));
  });
  log.end();
  return tallyOf(output, code);
}

if (values.list === true || values.help === true) {
  console.log("npm test -- [--only NAME,NAME] [--whole]\n");
  for (const { name, about, files } of SUITES) {
    console.log(
      `  ${name.padEnd(12)} ${about}${files === undefined ? "" : ` (${files.length} files)`}`,
    );
  }
  process.exit(0);
}

mkdirSync(LOGS, { recursive: true });
const wanted = values.only?.split(",");
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
for (const suite of SUITES) {
  if (wanted !== undefined && !wanted.includes(suite.name)) continue;
  console.log(`\n▶ ${suite.name}: ${suite.about}`);
  const started = performance.now();
  const tally = await run(suite);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  total.passed += tally.passed;
  total.failed += tally.failed;
  total.skipped += tally.skipped;
  lines.push(
    `  ${suite.name.padEnd(12)} ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped (${seconds} s)`,
  );
  console.log(lines.at(-1));
}
const { stopTestServers } = await import("@paceline/test-kit");
await stopTestServers();
console.log(`\nAll suites\n${lines.join("\n")}\n`);
if (total.skipped > 0) console.log(`${total.skipped} skipped, each with its reason above`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
