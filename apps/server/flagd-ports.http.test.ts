import assert from "node:assert/strict";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect } from "node:tls";

import { FlagdProvider } from "@openfeature/flagd-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { testAuthority } from "@paceline/test-kit";

import { createLogger } from "./logger.ts";
import { becomeOwner, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";
import { openCertificate } from "./tls.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-flagd-"));
const authority = testAuthority();
const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
const certPath = join(folder, "authority.pem");
await writeFile(certPath, authority.cert);
after(async () => {
  await OpenFeature.close();
  await rm(folder, { recursive: true, force: true });
});

async function writeCertificate(): Promise<void> {
  const { cert, key } = authority.issue();
  await writeFile(`${tls.key}.new`, key);
  await writeFile(`${tls.cert}.new`, cert);
  await rename(`${tls.key}.new`, tls.key);
  await rename(`${tls.cert}.new`, tls.cert);
}

async function publish({ app }: TestServer, cookie: string, defaultVariant: string) {
  const call = async (method: "POST" | "PUT", url: string, payload: object) => {
    const answer = await app.inject({ method, url, headers: { cookie }, payload });
    assert.ok(answer.statusCode < 300 || answer.statusCode === 409, answer.body);
  };
  const variants = { on: true, off: false };
  await call("POST", "/api/v1/flags", { key: "checkout", type: "boolean", variants });
  const at = "/api/v1/flags/checkout/environments/production";
  await call("PUT", at, { defaultVariant });
  await call("POST", `${at}/publish`, {});
}

const OPEN = {
  flagdEvaluationPort: 0,
  flagdSyncPort: 0,
  flagdOpenEnvironment: "production",
} as const;

test("flagd's provider reads our flags in both of its modes, over ports and sockets", async () => {
  const server = await startTestServer({
    config: { ...OPEN, flagdSocketDir: join(folder, "run") },
  });
  try {
    await publish(server, await becomeOwner(server), "on");
    const { evaluation, sync } = server.flagdPorts;
    const providers = {
      rpc: new FlagdProvider({ port: evaluation ?? 0 }),
      inProcess: new FlagdProvider({ resolverType: "in-process", port: sync ?? 0 }),
      socket: new FlagdProvider({
        resolverType: "in-process",
        socketPath: join(folder, "run", "sync.sock"),
      }),
    };
    for (const [name, provider] of Object.entries(providers)) {
      await OpenFeature.setProviderAndWait(name, provider);
      assert.equal(
        await OpenFeature.getClient(name).getBooleanValue("checkout", false),
        true,
        name,
      );
    }
    const metrics = await server.app.inject({ method: "GET", url: "/metrics" });
    assert.match(metrics.body, /paceline_flag_streams\{protocol="flagd-sync"\} 2/);
    assert.match(metrics.body, /paceline_flag_streams\{protocol="flagd-evaluation"\} 1/);
    await OpenFeature.clearProviders();
  } finally {
    await server.close();
  }
});

test("a port that is taken leaves the server running without it", async () => {
  const first = await startTestServer({ config: { flagdSyncPort: 0 } });
  const second = await startTestServer({
    config: { flagdSyncPort: first.flagdPorts.sync },
    logger: createLogger("silent"),
  });
  try {
    assert.notEqual(first.flagdPorts.sync, null);
    assert.deepEqual(second.flagdPorts, { evaluation: null, sync: null });
    assert.equal((await second.app.inject({ method: "GET", url: "/healthz" })).statusCode, 200);
  } finally {
    await second.close();
    await first.close();
  }
});

function serialOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = {
      port,
      host: "127.0.0.1",
      ca: authority.cert,
      ALPNProtocols: ["h2", "http/1.1"],
    };
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

function statusOf(url: string, ca?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = ca === undefined ? {} : { ca };
    const request = get(url, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    request.once("error", reject);
  });
}

test("with a certificate HTTP and gRPC speak TLS, and a new one does not end open streams", async () => {
  await writeCertificate();
  const server = await startTestServer({ config: { ...OPEN, tls } });
  try {
    const cookie = await becomeOwner(server);
    await publish(server, cookie, "on");
    assert.match(server.url, /^https:/);
    assert.equal(await statusOf(`${server.url}/healthz`, authority.cert), 200);
    await assert.rejects(statusOf(`${server.url}/healthz`), /self-signed|unable to/);
    const port = server.flagdPorts.sync ?? 0;
    const options = { resolverType: "in-process", port, tls: true, certPath } as const;
    await OpenFeature.setProviderAndWait("tls", new FlagdProvider(options));
    const client = OpenFeature.getClient("tls");
    assert.equal(await client.getBooleanValue("checkout", false), true);

    const before = await serialOf(port);
    await writeCertificate();
    await server.certificate?.reload();
    assert.notEqual(await serialOf(port), before);
    const http = Number(new URL(server.url).port);
    assert.equal(await serialOf(http), await serialOf(port));
    const changed = Promise.withResolvers<void>();
    const lost = Promise.withResolvers<never>();
    client.addHandler("PROVIDER_CONFIGURATION_CHANGED" as never, () => changed.resolve());
    for (const event of ["PROVIDER_STALE", "PROVIDER_ERROR"])
      client.addHandler(event as never, () => lost.reject(new Error(event)));
    await publish(server, cookie, "off");
    await Promise.race([changed.promise, lost.promise]);
    assert.equal(await client.getBooleanValue("checkout", true), false);
    await OpenFeature.clearProviders();
  } finally {
    await server.close();
  }
});

test("files that do not belong together leave the certificate in use that was there", async () => {
  await writeCertificate();
  const certificate = await openCertificate(tls, createLogger("silent"));
  const before = certificate.current();
  await writeFile(tls.key, authority.issue().key);
  await certificate.reload();
  assert.equal(certificate.current(), before);
  await writeCertificate();
  await certificate.reload();
  assert.notEqual(certificate.current(), before);
  certificate.close();
  await assert.rejects(
    openCertificate({ ...tls, key: join(folder, "none") }, createLogger("silent")),
  );
});
