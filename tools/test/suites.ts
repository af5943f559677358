/** What `npm test` consists of: suites of jobs, each job one process. */
import { globSync } from "node:fs";

import { CHECKS } from "../checks.ts";

export interface Job {
  readonly suite: string;
  /** What it is called in the output: a file, or what the command does. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** About how long it takes at rest: the longest begin first, so that none is left over at the end. */
  readonly seconds: number;
  /** A suite that must have ended before. */
  readonly needs: string | null;
}

export interface Suite {
  readonly name: string;
  readonly about: string;
  readonly jobs: readonly Job[];
}

const IGNORED = (file: string): boolean => file.includes("node_modules") || file.includes("/dist/");

function find(...patterns: string[]): string[] {
  return globSync(patterns, { exclude: IGNORED }).toSorted();
}

/** Begins before everything else: what others wait for, and what says at once that nothing fits together. */
const FIRST = 1_000;
/** Files that take longer than ten seconds beside others on two cores, in seconds; a run's end lists the longest. */
const LONG: Readonly<Record<string, number>> = {
  "tests/e2e/pages.test.ts": 200,
  "tests/examples/mobile-game.test.ts": 90,
  "tests/clients/clients.test.ts": 65,
  "apps/cli/cli.process.test.ts": 50,
  "tests/clickhouse/two-nodes.test.ts": 50,
  "tests/e2e/rollouts.test.ts": 45,
  "tests/faults/whole-rollout.test.ts": 45,
  "tests/clickhouse/erasing.test.ts": 40,
  "platform/postgres/postgres.test.ts": 35,
  "apps/cli/events.process.test.ts": 30,
  "tests/faults/sample-kill.test.ts": 30,
  "tests/examples/email-campaign.test.ts": 25,
  "tests/e2e/events.test.ts": 20,
  "tests/e2e/sprint.test.ts": 20,
  "tests/clients/openfeature-sdks.test.ts": 20,
  "tests/faults/rollout-kill.test.ts": 20,
  "tests/faults/server-kill.test.ts": 20,
  "apps/server/sample.http.test.ts": 20,
  "tests/faults/intake-kill.test.ts": 20,
  "tests/clickhouse/conformance.test.ts": 15,
  "tests/conformance/flagd-providers.test.ts": 15,
  "apps/cli/flag-tools.process.test.ts": 15,
  "apps/web/gallery.browser.test.ts": 15,
  "platform/workflow/take-over.process.test.ts": 15,
  "tests/clickhouse/flag-nodes.test.ts": 15,
  "tests/clickhouse/going-away.test.ts": 15,
  "tests/faults/erase-kill.test.ts": 15,
  "tests/faults/server-tampering.test.ts": 15,
  "apps/server/last-known.process.test.ts": 12,
};
const SHORT = 5;
const SHORT_IN_COMPANY = 3;

const RUNNER = [
  // What is published is tested from its source.
  "--conditions=paceline:source",
  "--test-reporter=./tools/test/reporter.ts",
  // Apart from what the tests and the servers in them print.
  "--test-reporter-destination=stderr",
  // What hangs is told by its name, before its job is ended.
  "--test-timeout=420000",
];

function eachFile(suite: string, files: readonly string[], needs: string | null = null): Job[] {
  return files.map((file) => ({
    suite,
    name: file,
    command: ["node", ...RUNNER, file],
    env: {},
    seconds: LONG[file] ?? SHORT,
    needs,
  }));
}

/**
 * Deals files out to a few processes: loading the product takes a second of CPU, and more often than not
 * longer than the tests of one file. Not for files that end or change their process.
 */
function together(
  suite: string,
  files: readonly string[],
  processes: number,
  { env = {}, needs = null }: Partial<Pick<Job, "env" | "needs">> = {},
): Job[] {
  return Array.from({ length: processes }, (_, place): Job => {
    const own = files.filter((_file, index) => index % processes === place);
    return {
      suite,
      name: `${own.length} files, part ${place + 1} of ${processes}`,
      command: ["node", ...RUNNER, "tools/test/together.ts", ...own],
      env,
      seconds: own.reduce((all, file) => all + (LONG[file] ?? SHORT_IN_COMPANY), 0),
      needs,
    };
  }).filter(({ seconds }) => seconds > 0);
}

function command(suite: string, ...words: [string, ...string[]]): Job[] {
  return [{ suite, name: words.join(" "), command: words, env: {}, seconds: FIRST, needs: null }];
}

const NEEDS_PROCESS = /\.(?:sql|http|process|browser)\.test\.ts$/;
/** Of each kind of statement one: what differs between versions of PostgreSQL is SQL, not its use. */
const SQL15 =
  /platform\/(?:db|workflow)\/|append-audit|sequencer|threats-keys|initiatives\.sql|experiments\.sql|flags\/server\/(?:routes|layers|holdouts|sticky|files|commands\/flag-commands)|monitor|plans\.sql|shared-suppression/;

/** Long ones run alone beside others; what starts, kills or configures processes has one of its own. */
function isShared(file: string): boolean {
  return (
    LONG[file] === undefined &&
    !/\.(?:process|browser)\.test\.ts$/.test(file) &&
    /^(?:apps|features)\//.test(file)
  );
}

function filesOfCode(): {
  readonly pure: readonly string[];
  readonly sql: readonly string[];
  readonly platform: readonly string[];
} {
  const pure = find(
    "{packages,sdks}/**/*.test.ts",
    "features/*/{domain,web}/**/*.test.ts",
    "apps/web/src/**/*.test.ts",
    "platform/web-kit/**/*.test.ts",
  ).filter((file) => !NEEDS_PROCESS.test(file));
  const sql = find("{features,platform,apps}/**/*.sql.test.ts");
  const rest = find("{features,platform,apps,tools,packages,sdks}/**/*.test.ts");
  const platform = rest.filter((file) => !pure.includes(file) && !sql.includes(file));
  return { pure, sql, platform };
}

/** @param whole  with what is otherwise run in part */
export function allSuites(whole: boolean): readonly Suite[] {
  const { pure, sql, platform } = filesOfCode();
  const sql15 = whole ? sql : sql.filter((file) => SQL15.test(file));
  const tests = (folder: string): string[] => find(`tests/${folder}/**/*.test.ts`);
  const suite = (name: string, about: string, jobs: readonly Job[]): Suite => ({
    name,
    about,
    jobs,
  });
  return [
    suite(
      "check",
      "format, types, lint, edges, Markdown paths",
      CHECKS.map((check): Job => ({ suite: "check", ...check, env: {}, needs: null })),
    ),
    suite("pure", "rules and packages, several files a process", together("pure", pure, 4)),
    suite("platform", "servers, files and processes", [
      ...together("platform", platform.filter(isShared), 6),
      ...eachFile(
        "platform",
        platform.filter((file) => !isShared(file)),
      ),
    ]),
    suite("sql", "SQL on PostgreSQL 18", together("sql", sql, 4)),
    suite(
      "schema",
      "generated files against the schema and the routes",
      command("schema", "npm", "run", "-s", "check:generated"),
    ),
    suite(
      "sql15",
      "SQL on PostgreSQL 15",
      together("sql15", sql15, 2, { env: { PACELINE_TEST_PG: "15" } }),
    ),
    suite("conformance", "vectors of others", eachFile("conformance", tests("conformance"))),
    suite(
      "clickhouse",
      "the same queries on every engine, and ClickHouse going away",
      eachFile("clickhouse", tests("clickhouse")),
    ),
    suite(
      "build",
      "the web app and its size budgets",
      command("build", "npm", "run", "-s", "check:web-size"),
    ),
    suite("journeys", "a person's way through the product in a real browser", [
      ...eachFile("journeys", ["tests/e2e/pages.test.ts"], "build"),
      ...together(
        "journeys",
        tests("e2e").filter((file) => !file.endsWith("/pages.test.ts")),
        2,
        { needs: "build" },
      ),
    ]),
    suite("faults", "killed processes, short form", eachFile("faults", tests("faults"))),
    suite(
      "clients",
      "the clients of others against a server that refuses and dies, short form",
      eachFile("clients", tests("clients")),
    ),
    suite(
      "examples",
      "the examples of docs and README on real data",
      eachFile("examples", find("tests/examples/**/*.test.ts", "docs/**/*.test.ts")),
    ),
  ];
}
