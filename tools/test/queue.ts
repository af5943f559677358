/** Runs the jobs of all suites as one queue: no core waits for the last file of a suite. */
import { spawn } from "node:child_process";
import { resolve } from "node:path";

import type { Job } from "./suites.ts";

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** One failed test, or a job that failed without saying which of its tests did. */
export interface Failure {
  readonly test: string;
  readonly reason: string;
}

export interface Outcome {
  readonly job: Job;
  readonly tally: Tally;
  readonly seconds: number;
  readonly failures: readonly Failure[];
  /** What the runner said and what came on the error output. */
  readonly told: string;
  /** What the job itself printed. */
  readonly printed: string;
}

/** Hundreds of processes load the same modules: each is compiled by the first of them only. */
const COMPILED = resolve("node_modules/.cache/paceline-test-modules");
/** Many times what the longest takes at rest: only what hangs is ended. */
const JOB_MINUTES_AT_MOST = 20;
const SUMMARY = /^#summary (\{.*\})\n?/gm;
const FAILURE = /^#failure (\{.*\})\n?/gm;
/** Of a job that does not say which of its tests failed: what is wrong comes first, or what ended it last. */
const [FIRST_LINES, LAST_LINES] = [5, 3];

/** Reads the closing lines of both kinds of job; a command that prints none counts as one test. */
function tallyOf(told: string, printed: string, code: number): Tally {
  const summary = [...told.matchAll(SUMMARY)].at(-1)?.[1];
  const closing = /^(\d+) passed, (\d+) failed$/m.exec(printed);
  const counted: Tally =
    summary !== undefined
      ? JSON.parse(summary)
      : closing !== null
        ? { passed: Number(closing[1]), failed: Number(closing[2]), skipped: 0 }
        : { passed: code === 0 ? 1 : 0, failed: 0, skipped: 0 };
  return code !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
}

/** What the reporter says of each failed test, or the beginning and the end of what was printed. */
function failuresOf(job: Job, told: string, printed: string, { failed }: Tally): Failure[] {
  const known = [...told.matchAll(FAILURE)].map(([, json = ""]): Failure => JSON.parse(json));
  if (known.length > 0 || failed === 0) return known;
  const lines = `${told.replaceAll(SUMMARY, "")}\n${printed}`.split("\n");
  const said = lines.filter((line) => line.trim() !== "");
  const last = said.slice(FIRST_LINES).slice(-LAST_LINES);
  return [{ test: job.name, reason: [...said.slice(0, FIRST_LINES), ...last].join("\n") }];
}

async function runJob(job: Job): Promise<Outcome> {
  const [program, ...args] = job.command;
  const started = performance.now();
  let told = "";
  let printed = "";
  const child = spawn(program, args, {
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...job.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (printed += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (told += chunk));
  const limit = setTimeout(() => {
    told += `ended after ${JOB_MINUTES_AT_MOST} minutes\n`;
    child.kill("SIGKILL");
    // A process that it left behind may hold them open.
    child.stdout.destroy();
    child.stderr.destroy();
  }, JOB_MINUTES_AT_MOST * 60_000);
  const code = await new Promise<number>((ended) => {
    child.once("error", (error) => {
      told += `${error.message}\n`;
      ended(1);
    });
    child.once("close", (status) => ended(status ?? 1));
  });
  clearTimeout(limit);
  const tally = tallyOf(told, printed, code);
  return {
    job,
    tally,
    seconds: (performance.now() - started) / 1000,
    failures: failuresOf(job, told, printed, tally),
    told: told.replaceAll(SUMMARY, "").replaceAll(FAILURE, ""),
    printed,
  };
}

/**
 * Runs all jobs, the longest first, a few at a time.
 *
 * @param atOnce  how many processes
 * @param onEnd  told of each job when it has ended
 */
export async function runJobs(
  jobs: readonly Job[],
  atOnce: number,
  onEnd: (outcome: Outcome) => void,
): Promise<void> {
  const waiting = jobs.toSorted((a, b) => b.seconds - a.seconds);
  const running = new Map<Job, Promise<void>>();
  const isDone = (suite: string): boolean =>
    ![...waiting, ...running.keys()].some((job) => job.suite === suite);
  while (waiting.length > 0 || running.size > 0) {
    while (running.size < atOnce) {
      const place = waiting.findIndex(({ needs }) => needs === null || isDone(needs));
      const [job] = place < 0 ? [] : waiting.splice(place, 1);
      if (job === undefined) break;
      const ended = runJob(job).then((outcome) => {
        running.delete(job);
        onEnd(outcome);
      });
      running.set(job, ended);
    }
    await Promise.race(running.values());
  }
}
