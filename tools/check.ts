/** `npm run check`: every static check, stopping at the first that fails; `--all` goes on to the end. */
import { spawnSync } from "node:child_process";

import { CHECKS } from "./checks.ts";

let failed = 0;
for (const { name, command } of CHECKS) {
  const started = performance.now();
  const [program, ...args] = command;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status === 0) {
    console.log(`✓ ${name} (${seconds} s)`);
    continue;
  }
  failed += 1;
  console.error(`✗ ${name} (${command.join(" ")}, ${seconds} s)\n${stdout}${stderr}`);
  if (!process.argv.includes("--all")) break;
}
console.log(`${CHECKS.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
