/**
 * `npm run simulate:rollouts`: whole rollouts against the real guard rules. How many are rolled back
 * without any harm, and how soon those with harm are. The same seed gives the same answer.
 *
 *   --rollouts 10000   how many of each kind
 *   --seed 1           another seed, other rollouts
 *   --json             one JSON document instead of words
 */
import { parseArgs } from "node:util";

import { SCENARIOS, simulate } from "./rollout-scenarios.ts";
import type { ScenarioResult } from "./rollout-scenarios.ts";

const { values } = parseArgs({
  options: {
    rollouts: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const rollouts = Number(values.rollouts);
if (!Number.isSafeInteger(rollouts) || rollouts < 1) throw new RangeError("--rollouts: a number");

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;

function words(result: ScenarioResult): string {
  const { name, rolledBack, rollouts: all, interval, bound, holds } = result;
  const [low, high] = interval.map(percent);
  const wanted = bound.kind === "at-most" ? "at most" : "at least";
  const demanded = bound.kind === "shown" ? "shown" : `${wanted} ${percent(bound.share)}`;
  const mark = bound.kind === "shown" ? " " : holds ? "✓" : "✗";
  return `${mark} ${name}: ${rolledBack} of ${all} rolled back, ${percent(rolledBack / all)} (95 % interval ${low} to ${high}; ${demanded})${result.medianShare === null ? "" : `, half of them by ${percent(result.medianShare)} of the planned sample`}`;
}

const results: ScenarioResult[] = [];
const started = performance.now();
for (const [index, scenario] of SCENARIOS.entries()) {
  const show = (done: number): void => {
    if (values.json || !process.stderr.isTTY) return;
    const filled = Math.round(20 * done);
    const bar = "█".repeat(filled).padEnd(20, "░");
    process.stderr.write(`\r${index + 1}/${SCENARIOS.length} ${bar} ${scenario.name}\u001b[K`);
  };
  const result = simulate(scenario, { rollouts, seed: Number(values.seed), onProgress: show });
  results.push(result);
  if (!values.json && process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  if (!values.json) console.log(words(result));
}
if (values.json)
  console.log(JSON.stringify({ rollouts, seed: Number(values.seed), results }, null, 2));
else console.log(`${((performance.now() - started) / 1000).toFixed(1)} s, seed ${values.seed}`);
process.exitCode = results.every(({ holds }) => holds) ? 0 : 1;
