/**
 * `npm run test:rollouts`: every window of every transition, with the processes that move rollouts alone, with
 * a whole server, and with two of which one dies; PostgreSQL away for a minute, 200 runs under 20 kills.
 *
 *     npm run test:rollouts                        everything, one part after another
 *     npm run test:rollouts -- --list              the parts
 *     npm run test:rollouts -- --only up,outage    the parts whose names begin like that
 *     npm run test:rollouts -- --times 3           each part so often
 */
import { join } from "node:path";
import { argv } from "node:process";
import { run } from "node:test";
import { parseArgs } from "node:util";

const ROOT = join(import.meta.dirname, "..", "..");
/** No part takes a tenth of this at rest: what comes here hangs. */
const PART_LIMIT_MS = 1_800_000;

interface Part {
  readonly name: string;
  readonly file: string;
  /** Which of the tests of the file; all of them by default. */
  readonly tests?: readonly RegExp[];
}

const WHOLE = "tests/faults/whole-rollout.test.ts";
const EVENTS = /^no event that was acknowledged/;

function whole(name: string, ...tests: readonly RegExp[]): Part {
  return { name, file: WHOLE, tests };
}

const TWO = "tests/faults/two-servers-long.ts";
const TWO_EVENTS = /^no event that one of two servers/;

function two(name: string, ...tests: readonly RegExp[]): Part {
  return { name, file: TWO, tests };
}

const PARTS: readonly Part[] = [
  { name: "processes", file: "tests/faults/rollout-kill.test.ts" },
  { name: "engine", file: "platform/workflow/take-over.process.test.ts" },
  whole("short", /^killed in its stage transition/, /^killed between a commit/, EVENTS),
  ...["before", "inside", "committed"].flatMap((window) => [
    whole(`up-${window}`, new RegExp(`^killed ${window} in every transition up`), EVENTS),
    whole(`down-${window}`, new RegExp(`^killed ${window} in every step of a rollback`)),
    whole(`alone-${window}`, new RegExp(`^killed ${window} in the steps down of a flag`)),
  ]),
  whole("outage", /^PostgreSQL that is away/),
  ...["before", "inside", "committed"].flatMap((window) => [
    two(
      `two-up-${window}`,
      new RegExp(`^of two servers one is killed ${window} in a stage`),
      TWO_EVENTS,
    ),
    two(`two-down-${window}`, new RegExp(`^of two servers one is killed ${window} in the steps`)),
  ]),
];

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    only: { type: "string", default: "" },
    times: { type: "string", default: "1" },
    list: { type: "boolean", default: false },
  },
});
const wanted = values.only.split(",");
const parts = PARTS.filter(({ name }) => wanted.some((start) => name.startsWith(start)));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

async function runPart({ name, file, tests }: Part): Promise<{ passed: number; failed: number }> {
  const count = { passed: 0, failed: 0 };
  const startedMs = performance.now();
  say(`${name}: ${file}`);
  const events = run({
    cwd: ROOT,
    files: [join(ROOT, file)],
    concurrency: 1,
    timeout: PART_LIMIT_MS,
    // flagd's provider that is closed while it has no server looks for one for ever.
    forceExit: true,
    // The SDK is tested from its source.
    execArgv: ["--conditions=paceline:source"],
    env: { ...process.env, PACELINE_LONG: "1" },
    ...(tests === undefined ? {} : { testNamePatterns: tests }),
  });
  events.on("test:pass", ({ name: test, skip, details }) => {
    if (skip !== undefined) return;
    count.passed += 1;
    say(`  passed ${seconds(details.duration_ms)}  ${test}`);
  });
  events.on("test:fail", ({ name: test, details }) => {
    count.failed += 1;
    const { error } = details;
    say(`  FAILED ${seconds(details.duration_ms)}  ${test}`);
    say(String((error.cause instanceof Error ? error.cause.stack : null) ?? error.stack ?? error));
  });
  events.on("test:diagnostic", ({ message, nesting, file: of }) => {
    if (of !== undefined && nesting === 0) say(`    ${message}`);
  });
  events.on("test:stderr", ({ message }) => void process.stderr.write(message));
  for await (const _ of events.compose((source: AsyncIterable<unknown>) => source));
  const ran = count.passed + count.failed;
  say(`${name}: ${count.passed} of ${ran} passed, ${seconds(performance.now() - startedMs)}`);
  // A pattern that no test answers to is a part that proves nothing.
  return ran === 0 ? { passed: 0, failed: 1 } : count;
}

if (values.list) {
  for (const { name } of PARTS) say(name);
} else {
  let [passed, failed] = [0, parts.length === 0 ? 1 : 0];
  if (parts.length === 0) say(`no part is called ${values.only}; --list names them`);
  for (let time = 0; time < Number(values.times); time += 1) {
    for (const part of parts) {
      const count = await runPart(part);
      passed += count.passed;
      failed += count.failed;
    }
  }
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
