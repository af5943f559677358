/**
 * `npm run test:rollouts`: every window of every transition, with the processes that move rollouts alone
 * and with whole servers; PostgreSQL away for a minute, 200 runs under 20 kills of two nodes.
 */
import { spawnSync } from "node:child_process";

const FILES = [
  "tests/faults/rollout-kill.test.ts",
  "tests/faults/whole-rollout.test.ts",
  "platform/workflow/take-over.process.test.ts",
];

const { status } = spawnSync(
  process.execPath,
  [
    // The SDK is tested from its source.
    "--conditions=paceline:source",
    "--test",
    "--test-reporter=spec",
    "--test-concurrency=1",
    ...FILES,
  ],
  { env: { ...process.env, PACELINE_LONG: "1" }, stdio: "inherit" },
);
process.exitCode = status ?? 1;
