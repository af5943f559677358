import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { OpenFeature } from "@openfeature/server-sdk";
import { OpenFeature as WebOpenFeature } from "@openfeature/web-sdk";
import { becomeOwner, makeKey, startTestServer } from "@paceline/server/test-server";
import { testAuthority } from "@paceline/test-kit";

import { connect as connectInProcess } from "../../docs/examples/flag-clients/flagd-in-process.ts";
import { connect as connectRpc } from "../../docs/examples/flag-clients/flagd-rpc.ts";
import { connect as connectOfrep } from "../../docs/examples/flag-clients/ofrep-node.ts";
import { connect as connectWeb } from "../../docs/examples/flag-clients/ofrep-web.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-flag-clients-"));
const authority = testAuthority();
const { cert, key } = authority.issue();
const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
await writeFile(tls.cert, cert);
await writeFile(tls.key, key);
const certPath = join(folder, "authority.pem");
await writeFile(certPath, authority.cert);
const open = { flagdEvaluationPort: 0, flagdSyncPort: 0, flagdOpenEnvironment: "production" };
const plain = await startTestServer({ config: { ...open, flagdSocketDir: join(folder, "run") } });
const secure = await startTestServer({ config: { ...open, tls } });
after(async () => {
  await OpenFeature.close();
  await WebOpenFeature.close();
  await plain.close();
  await secure.close();
  await rm(folder, { recursive: true, force: true });
});

async function publish(server: typeof plain): Promise<string> {
  const cookie = await becomeOwner(server);
  const call = async (method: "POST" | "PUT", url: string, payload: object): Promise<void> => {
    const answer = await server.app.inject({ method, url, headers: { cookie }, payload });
    assert.ok(answer.statusCode < 300, answer.body);
  };
  const variants = { on: true, off: false };
  await call("POST", "/api/v1/flags", { key: "checkout", type: "boolean", variants });
  const at = "/api/v1/flags/checkout/environments/production";
  await call("PUT", at, { defaultVariant: "on" });
  await call("POST", `${at}/publish`, {});
  return (await makeKey(server, cookie, "browser")).secret;
}

const secret = await publish(plain);
await publish(secure);

test("the guide's clients get the value of a flag", async () => {
  const context = { targetingKey: "u" };
  const ofrep = await connectOfrep(plain.url, secret);
  assert.equal(await ofrep.getBooleanValue("checkout", false, context), true);
  const web = await connectWeb(plain.url, secret, context);
  assert.equal(web.getBooleanValue("checkout", false), true);
  const inProcess = await connectInProcess(join(folder, "run", "sync.sock"));
  assert.equal(await inProcess.getBooleanValue("checkout", false, context), true);
  const rpc = await connectRpc("localhost", secure.flagdPorts.evaluation ?? 0, certPath);
  assert.equal(await rpc.getBooleanValue("checkout", false, context), true);
});

test("the guide shows the files that are run, as they are", () => {
  const guide = readFileSync("docs/guides/connect-flag-clients.md", "utf8");
  const files = globSync("docs/examples/flag-clients/*.ts");
  assert.equal(files.length, 4);
  for (const file of files) {
    const snippet = `\`\`\`ts\n${readFileSync(file, "utf8")}\`\`\`\n`;
    assert.ok(guide.includes(snippet), `the guide shows another ${file}`);
  }
});
