/** The long form of the providers' test: every scenario, with those that lose connections for seconds. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const TESTBED = join(import.meta.dirname, "../../../shared/conformance/flagd-testbed");
const runner = join(import.meta.dirname, "flagd-providers.ts");
for (const through of ["in-process", "rpc", "web", "ofrep"]) {
  console.log(`${through}:`);
  const { status } = spawnSync(
    process.execPath,
    ["--experimental-eventsource", runner, TESTBED, "--through", through],
    { stdio: ["ignore", "inherit", "ignore"] },
  );
  if (status !== 0) process.exitCode = 1;
}
