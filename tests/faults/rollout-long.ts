/** `npm run test:rollouts`: every window, PostgreSQL away for a minute, 200 runs under 20 kills of two nodes. */
import { spawnSync } from "node:child_process";

const FILES = ["tests/faults/rollout-kill.test.ts", "platform/workflow/take-over.process.test.ts"];

const { status } = spawnSync(
  process.execPath,
  ["--test", "--test-reporter=spec", "--test-concurrency=1", ...FILES],
  { env: { ...process.env, PACELINE_LONG: "1" }, stdio: "inherit" },
);
process.exitCode = status ?? 1;
