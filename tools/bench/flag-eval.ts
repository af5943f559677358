/**
 * Compares our evaluator with others: the same rules, the same users, one process, rounds
 * interleaved in turning order. Three parts: one shared rule in six SDKs, flagd-evaluator's published
 * matrix against flagd-core (each scenario in a process of its own), and loading large sets.
 *
 *   npm run bench:flag-eval -- [--rounds 21] [--part rules|matrix|load] [--json]
 *
 * Prints our median CPU time and how many times longer the others take: the median of the rounds' ratios
 * and their 10th to 90th percentile. Answers are compared first.
 */
import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";

import { FlagdCore } from "@openfeature/flagd-core";
import { compileFlagSet } from "@paceline/flag-eval";

import { manyFlags, MATRIX } from "./flag-eval-matrix.ts";
import type { Scenario } from "./flag-eval-matrix.ts";
import { CONTENDERS } from "./flag-eval-rivals.ts";
import type { Evaluate } from "./flag-eval-rivals.ts";
import { makeUsers, parsed, RULES, silent, USERS } from "./flag-eval-rules.ts";
import type { Rule } from "./flag-eval-rules.ts";

/** So long is one measurement: the clock of a thread's CPU time ticks in milliseconds. */
const SAMPLE_MS = 40;
const STEP = 10_000;

interface Row {
  readonly name: string;
  /** Median of our times. */
  readonly ownNs: number;
  readonly ratios: Readonly<Record<string, { median: number; p10: number; p90: number }>>;
}

/** Runs something so and so often and gives nanoseconds for one. */
type Timed = () => number | Promise<number>;

let sink = 0;

/** CPU time of this thread, so that what else runs on the machine counts little. */
function cpuNs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) * 1_000;
}

async function timeNs(evaluate: Evaluate): Promise<number> {
  const [startedAt, until] = [cpuNs(), performance.now() + SAMPLE_MS];
  let count = 0;
  while (performance.now() < until || cpuNs() === startedAt) {
    for (let turn = 0; turn < STEP; turn += 1) {
      const answer = evaluate(turn % USERS);
      if (answer === true || (answer !== false && (await answer))) sink += 1;
    }
    count += STEP;
  }
  return (cpuNs() - startedAt) / count;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN;
}

/** The first contender is ours; every round begins with another one. */
async function compare(
  name: string,
  contenders: readonly (readonly [string, Timed])[],
  rounds: number,
): Promise<Row> {
  const times: number[][] = contenders.map(() => []);
  for (const [, run] of contenders) await run();
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const index = (turn + round) % contenders.length;
      const run = contenders[index]?.[1];
      if (run !== undefined) times[index]?.push(await run());
    }
  }
  const [own = [], ...others] = times;
  const ratios = others.map((list, index) => {
    const each = list.map((time, round) => time / (own[round] ?? 1));
    const [median, p10, p90] = [0.5, 0.1, 0.9].map((share) => percentile(each, share));
    return [contenders[index + 1]?.[0], { median, p10, p90 }] as const;
  });
  return { name, ownNs: percentile(own, 0.5), ratios: Object.fromEntries(ratios) };
}

async function checkAnswers(
  rule: Rule,
  names: readonly string[],
  evaluators: readonly Evaluate[],
): Promise<void> {
  const answers: boolean[][] = [];
  for (const evaluate of evaluators) {
    const list: boolean[] = [];
    for (let index = 0; index < USERS; index += 1) list.push(await evaluate(index));
    answers.push(list);
  }
  for (const [contender, list] of answers.entries()) {
    const share = list.filter(Boolean).length / USERS;
    if (share < rule.share[0] || share > rule.share[1]) {
      throw new Error(`${names[contender]}, ${rule.name}: ${share} of the answers are on`);
    }
  }
  if (answers[0]?.some((answer, index) => answer !== answers[1]?.[index])) {
    throw new Error(`${rule.name}: flagd-core answers otherwise`);
  }
}

async function measureRule(rule: Rule, rounds: number): Promise<Row> {
  const users = makeUsers(rule.attributes);
  const contenders = [];
  for (const [name, make] of CONTENDERS) contenders.push({ name, ...(await make(rule, users)) });
  try {
    const names = contenders.map(({ name }) => name);
    const evaluators = contenders.map(({ evaluate }) => evaluate);
    await checkAnswers(rule, names, evaluators);
    return await compare(
      rule.name,
      contenders.map(({ name, evaluate }) => [name, () => timeNs(evaluate)]),
      rounds,
    );
  } finally {
    for (const { close } of contenders) close();
  }
}

/** The value's type decides which of flagd-core's methods is asked. */
function measureScenario({ id, name, flag, context }: Scenario, rounds: number): Promise<Row> {
  const document = { flags: flag === null ? { other: manyFlags(1)["flag-0"] } : { flag } };
  const core = new FlagdCore(undefined, silent);
  core.setConfigurations(JSON.stringify(document));
  const compiled = compileFlagSet(parsed(document));
  if (!compiled.ok) throw new Error(compiled.error.kind);
  const set = compiled.value;
  const given = parsed(context);
  const nowMs = Date.now();
  const isText = typeof Object.values(flag?.variants ?? {})[0] === "string";
  const type = isText ? "string" : "boolean";
  const ours = (): unknown => set.resolve(type, "flag", given, nowMs).variant;
  const theirContext = JSON.parse(JSON.stringify(context));
  const theirs = isText
    ? (): unknown => core.resolveStringEvaluation("flag", "", theirContext, silent).variant
    : (): unknown => core.resolveBooleanEvaluation("flag", false, theirContext, silent).variant;
  if (flag !== null && ours() !== theirs()) throw new Error(`${id}: flagd-core answers otherwise`);
  return compare(
    `${id} ${name}`,
    [
      ["paceline", () => timeNs(() => ours() !== undefined)],
      ["flagd-core", () => timeNs(() => theirs() !== undefined)],
    ],
    rounds,
  );
}

/** From the text of the document to the first answer; flagd-core validates, and so do we. */
function measureLoad(count: number, rounds: number): Promise<Row> {
  const text = JSON.stringify({ flags: manyFlags(count) });
  const once = (load: () => unknown): number => {
    const startedAt = cpuNs();
    if (load() === "never") sink += 1;
    return cpuNs() - startedAt;
  };
  const own: Timed = () =>
    once(() => {
      const compiled = compileFlagSet(JSON.parse(text));
      if (!compiled.ok || compiled.value.problems.length > 0) throw new Error("not loaded");
      return compiled.value.evaluate("flag-0", {}, 0).variant;
    });
  const core: Timed = () =>
    once(() => {
      const loaded = new FlagdCore(undefined, silent);
      loaded.setConfigurations(text);
      return loaded.resolveBooleanEvaluation("flag-0", false, {}, silent).variant;
    });
  return compare(
    `load ${count} flags`,
    [
      ["paceline", own],
      ["flagd-core", core],
    ],
    rounds,
  );
}

/** In a process of its own: what one scenario taught the compiler is no help or harm to the next. */
function measureApart(scenario: string, rounds: string): Row {
  const args = [import.meta.filename, "--scenario", scenario, "--rounds", rounds];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

function print(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`);
  for (const { name, ownNs, ratios } of rows) {
    const others = Object.entries(ratios).map(
      ([rival, { median, p10, p90 }]) =>
        `${rival} ${median.toFixed(1)}x (${p10.toFixed(1)} to ${p90.toFixed(1)})`,
    );
    const own = ownNs > 1e6 ? `${(ownNs / 1e6).toFixed(1)} ms` : `${ownNs.toFixed(0)} ns`;
    console.log(`${name.padEnd(36)} paceline ${own.padStart(8)}   ${others.join("   ")}`);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "21" },
      part: { type: "string" },
      scenario: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (values.scenario !== undefined) {
    const scenario = MATRIX.find(({ id }) => id === values.scenario);
    if (scenario === undefined) throw new Error(`no scenario ${values.scenario}`);
    console.log(JSON.stringify(await measureScenario(scenario, rounds)));
    return;
  }
  const asked = (part: string): boolean => values.part === undefined || values.part === part;
  const parts: Record<string, Row[]> = {};
  if (asked("rules")) {
    parts["rules"] = [];
    for (const rule of RULES) parts["rules"].push(await measureRule(rule, rounds));
  }
  if (asked("matrix")) {
    parts["matrix"] = [];
    for (const { id } of MATRIX) parts["matrix"].push(measureApart(id, values.rounds));
  }
  if (asked("load")) {
    parts["load"] = [];
    for (const count of [1_000, 10_000]) {
      parts["load"].push(await measureLoad(count, Math.min(rounds, count > 1_000 ? 5 : 11)));
    }
  }
  if (values.json) {
    console.log(JSON.stringify({ node: process.version, rounds, parts }));
    return;
  }
  console.log(`times longer than paceline: median (p10 to p90) of ${rounds} rounds`);
  for (const [part, rows] of Object.entries(parts)) print(part, rows);
}

await main();
if (sink < 0) console.log(sink);
