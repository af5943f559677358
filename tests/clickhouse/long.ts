import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { parseArgs } from "node:util";

/**
 * `npm run test:clickhouse`: the suite of `npm test` with more events and more faults.
 * `-- --events 1000000` chooses how many events the engines are compared on.
 */
const { values } = parseArgs({
  options: {
    events: { type: "string", default: "200000" },
    cycles: { type: "string", default: "20" },
  },
});
const files = globSync("tests/clickhouse/**/*.test.ts").toSorted();
const ran = spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...files], {
  stdio: "inherit",
  env: {
    ...process.env,
    PACELINE_CONFORMANCE_EVENTS: values.events,
    PACELINE_FAULT_CYCLES: values.cycles,
  },
});
process.exitCode = ran.status ?? 1;
