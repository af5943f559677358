/**
 * `npm test`: everything that continuous integration runs, the jobs of all suites as one queue.
 * `npm test -- pure sql` (or `--only pure,sql`) runs some suites; `--list` names them; `--whole` runs all
 * of what is otherwise run in part; `--jobs 2` sets how many processes run at once. Ends with what failed,
 * and `N passed, N failed`.
 */
import { appendFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { closingOf } from "./test/closing.ts";
import { runJobs } from "./test/queue.ts";
import type { Outcome, Tally } from "./test/queue.ts";
import { allSuites } from "./test/suites.ts";

const LOGS = "node_modules/.cache/paceline-test-logs";
/** A file for each run that is under way, named by its process: they share their PostgreSQL servers. */
const RUNS = "node_modules/.cache/paceline-test-runs";
const LONGEST_SHOWN = 10;
/** Two more than there are cores, since many tests wait for a process; each takes up to 0.7 GB. */
const AT_ONCE = Math.min(6, availableParallelism() + 2);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    jobs: { type: "string" },
    whole: { type: "boolean" },
    list: { type: "boolean" },
    help: { type: "boolean" },
  },
});

function describeTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Stops what all runs share when the last of them ends. */
async function endRun(): Promise<void> {
  rmSync(`${RUNS}/${process.pid}`, { force: true });
  if (readdirSync(RUNS).some((pid) => isAlive(Number(pid)))) return;
  const { stopTestServers } = await import("@paceline/test-kit");
  await stopTestServers();
}

function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (all, one) => ({
      passed: all.passed + one.passed,
      failed: all.failed + one.failed,
      skipped: all.skipped + one.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** A line for each job, with what it had to say; what it printed only when it failed. */
function show({ job, tally, seconds, told, printed }: Outcome): void {
  const head = `${tally.failed === 0 ? "✓" : "✗"} ${job.suite.padEnd(11)} ${job.name}: ${describeTally(tally)} (${seconds.toFixed(1)} s)\n`;
  appendFileSync(`${LOGS}/${job.suite}.log`, `${head}${told}${printed}\n`);
  process.stdout.write(`${head}${told}${tally.failed === 0 ? "" : printed}`);
}

const suites = allSuites(values.whole === true);
if (values.list === true || values.help === true) {
  console.log("npm test -- [NAME …] [--only NAME,NAME] [--whole] [--jobs N]\n");
  for (const { name, about, jobs } of suites)
    console.log(`  ${name.padEnd(12)} ${about} (${jobs.length} jobs)`);
  process.exit(0);
}

const names = [...(values.only?.split(",") ?? []), ...positionals];
const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(`No suite is called ${unknown.join(" or ")}; --list names them.`);
  process.exit(2);
}
const wanted = suites.filter(({ name }) => names.length === 0 || names.includes(name));
rmSync(LOGS, { recursive: true, force: true });
mkdirSync(LOGS, { recursive: true });
mkdirSync(RUNS, { recursive: true });
writeFileSync(`${RUNS}/${process.pid}`, "");

const outcomes: Outcome[] = [];
await runJobs(
  wanted.flatMap(({ jobs }) => jobs),
  values.jobs === undefined ? AT_ONCE : Math.max(1, Number(values.jobs)),
  (outcome) => {
    outcomes.push(outcome);
    show(outcome);
  },
);
await endRun();

console.log("\nAll suites");
for (const { name } of wanted) {
  const own = outcomes.filter(({ job }) => job.suite === name);
  const seconds = own.reduce((all, one) => all + one.seconds, 0).toFixed(1);
  console.log(
    `  ${name.padEnd(12)} ${describeTally(sum(own.map(({ tally }) => tally)))} (${seconds} s of its processes)`,
  );
}
console.log("\nThe longest");
for (const { job, seconds } of outcomes
  .toSorted((a, b) => b.seconds - a.seconds)
  .slice(0, LONGEST_SHOWN))
  console.log(`  ${seconds.toFixed(1).padStart(6)} s  ${job.suite}: ${job.name}`);
const total = sum(outcomes.map(({ tally }) => tally));
if (total.skipped > 0) console.log(`\n${total.skipped} skipped, each with its reason above`);
const failed = closingOf(outcomes);
if (failed !== "") console.log(`\n${failed.trimEnd()}`);
console.log(
  `\n${(performance.now() / 1000).toFixed(0)} s, logs in ${LOGS}\n${total.passed} passed, ${total.failed} failed`,
);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
