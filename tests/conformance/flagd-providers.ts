/**
 * Runs flagd's test bed through OpenFeature's own providers against our servers.
 *
 *   node --experimental-eventsource tests/conformance/flagd-providers.ts <dir> --through in-process
 *
 * `<dir>` is a flagd-testbed; `--through` is `in-process` or `rpc` (`@openfeature/flagd-provider`),
 * `web` (`@openfeature/ofrep-web-provider`) or `ofrep` (`@openfeature/ofrep-provider`). `--quick` leaves out what waits for
 * lost connections. Left out, as upstream's own run does: `@targetURI` (needs a proxy), `@caching`,
 * `@deprecated`, `@fractional-v1`, `@fractional-v3`, and `config.feature`, whose steps upstream has
 * commented out. `@unixsocket`, which upstream leaves out, is run.
 * Through `ofrep` also the three outlines that the provider is too old for, see below.
 * Ends with `N passed, N failed`; exit code 1 when a scenario failed, 2 when unusable.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import type { Pickle } from "@cucumber/messages";
import { testAuthority } from "@paceline/test-kit";

import { openClient } from "./provider-clients.ts";
import type { TestbedClient, Through } from "./provider-clients.ts";
import { runSteps } from "./provider-steps.ts";
import { readScenarios } from "./scenarios.ts";
import { Launchpad, startOfrep } from "./testbed-server.ts";

const LEFT_OUT = [
  "@targetURI",
  "@caching",
  "@deprecated",
  "@fractional-v1",
  "@fractional-v3",
] as const;
const OFREP_FEATURES = ["evaluation.feature", "disabled.feature", "targeting.feature"];
/** What version 0.1.3 of the server's provider, the newest there is, does not know yet of OFREP 0.3. */
const TOO_NEW_FOR_OFREP_PROVIDER = [
  "Evaluating a disabled flag returns reason DISABLED and code default",
  "Resolves flag with no default variant correctly",
  "Flag disabled in one flag set, enabled in another",
];
/** These wait for seconds. */
const SLOW = /^the connection is lost/;

interface Chosen {
  readonly file: string;
  readonly pickle: Pickle;
}

function choose(folder: string, through: Through, isQuick: boolean): readonly Chosen[] {
  const tag = through === "rpc" || through === "in-process" ? `@${through}` : "@rpc";
  return readScenarios(join(folder, "gherkin")).filter(({ file, pickle }) => {
    const tags = pickle.tags.map(({ name }) => name);
    if (file === "config.feature" || !tags.includes(tag)) return false;
    if (LEFT_OUT.some((name) => tags.includes(name))) return false;
    if (tag !== `@${through}` && !OFREP_FEATURES.includes(file)) return false;
    if (through === "ofrep" && TOO_NEW_FOR_OFREP_PROVIDER.includes(pickle.name)) return false;
    return !isQuick || !pickle.steps.some(({ text }) => SLOW.test(text));
  });
}

async function run(folder: string, through: Through, isQuick: boolean): Promise<number> {
  const work = await mkdtemp(join(tmpdir(), "paceline-testbed-"));
  const authority = testAuthority();
  const certPath = join(work, "authority.pem");
  await writeFile(certPath, authority.cert);
  const mode = through === "rpc" ? "rpc" : "in-process";
  const launchpad = new Launchpad(folder, mode);
  const isOfrep = through === "web" || through === "ofrep";
  const ofrep = isOfrep ? await startOfrep(launchpad.flags) : null;
  let passed = 0;
  let failed = 0;
  try {
    for (const { file, pickle } of choose(folder, through, isQuick)) {
      const open = (type: string, options: Record<string, unknown>): Promise<TestbedClient> =>
        openClient({
          through,
          type,
          options,
          launchpad,
          certPath,
          certificate: authority.issue(),
          socket: join(work, "flagd.sock"),
          ofrepUrl: ofrep?.url ?? "",
        });
      const fault = await runSteps(pickle, { open, launchpad });
      if (fault === null) passed += 1;
      else {
        failed += 1;
        console.log(`FAILED ${file}: ${pickle.name}\n  ${fault}`);
      }
    }
  } finally {
    await ofrep?.app.close();
    await rm(work, { recursive: true, force: true });
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { through: { type: "string" }, quick: { type: "boolean", default: false } },
});
const [folder] = positionals;
const through = (["in-process", "rpc", "web", "ofrep"] as const).find(
  (known) => known === values.through,
);
if (folder === undefined || through === undefined || !existsSync(folder)) {
  console.error(
    "usage: flagd-providers.ts <dir of flagd-testbed> --through in-process|rpc|web|ofrep [--quick]",
  );
  process.exitCode = 2;
} else {
  process.exit(await run(folder, through, values.quick));
}
