import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const TESTBED = join(import.meta.dirname, "../../../shared/conformance/flagd-testbed");
const absent = existsSync(TESTBED) ? false : `${TESTBED} is absent`;

/** Scenarios that are run; those that wait for lost connections are left to the long form. */
const EXPECTED = { "in-process": 146, rpc: 135, web: 128, ofrep: 114 } as const;

for (const [through, expected] of Object.entries(EXPECTED)) {
  test(
    `flagd's test bed passes through OpenFeature's provider, ${through}`,
    { skip: absent },
    async () => {
      const runner = join(import.meta.dirname, "flagd-providers.ts");
      const child = spawn(
        process.execPath,
        ["--experimental-eventsource", runner, TESTBED, "--through", through, "--quick"],
        { stdio: ["ignore", "pipe", "ignore"] },
      );
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
      const [code] = await once(child, "close");
      const [, passed, failed] = /(\d+) passed, (\d+) failed\n$/.exec(output) ?? [];
      assert.deepEqual([code, Number(failed), Number(passed)], [0, 0, expected], output);
    },
  );
}
