import assert from "node:assert/strict";
import { test } from "node:test";

import { readConfig } from "./config.ts";
import type { ConfigSources } from "./config.ts";

const NOTHING: ConfigSources = { env: {}, flags: {}, file: null, workingDir: "/srv" };

test("the defaults need no setting at all", () => {
  assert.deepEqual(readConfig(NOTHING), {
    ok: true,
    value: {
      port: 4410,
      otlpPort: 4418,
      flagdEvaluationPort: 8013,
      flagdSyncPort: 8015,
      flagdSocketDir: null,
      flagdOpenEnvironment: null,
      tls: null,
      host: "127.0.0.1",
      dataDir: "/srv/.paceline",
      databaseUrl: null,
      nodeId: "node",
      clickhouseUrl: null,
      clickhouseUser: null,
      clickhousePassword: null,
      clickhouseCluster: null,
      clickhouseKeepLogMinutes: 0,
      keepRolloutDays: 400,
      keepReadingDays: 30,
      adoptLogs: [],
      auditDir: "/srv/.paceline/audit",
      sample: true,
      logLevel: "warn",
      trustProxy: null,
      publicUrl: null,
      metricsPublic: false,
    },
  });
});

test("a flag wins over the environment, which wins over the file", () => {
  const file = { path: "p.yaml", text: "PACELINE_PORT: 1\nhost: 0.0.0.0\nPACELINE_SAMPLE: 0\n" };
  const result = readConfig({
    ...NOTHING,
    env: { PACELINE_PORT: "2" },
    flags: { port: "3" },
    file,
  });
  assert.ok(result.ok);
  assert.equal(result.value.port, 3);
  assert.equal(result.value.host, "0.0.0.0");
  assert.equal(result.value.sample, false);
});

test("flagd's ports may be any, free ones or none, and a certificate comes with its key", () => {
  const ports = readConfig({
    ...NOTHING,
    env: { PACELINE_FLAGD_EVALUATION_PORT: "", PACELINE_FLAGD_SYNC_PORT: "0" },
  });
  assert.ok(ports.ok);
  assert.deepEqual([ports.value.flagdEvaluationPort, ports.value.flagdSyncPort], [null, 0]);
  const files = { PACELINE_TLS_CERT: "cert.pem", PACELINE_TLS_KEY: "/etc/key.pem" };
  const tls = readConfig({ ...NOTHING, env: files });
  assert.ok(tls.ok);
  assert.deepEqual(tls.value.tls, { cert: "/srv/cert.pem", key: "/etc/key.pem" });
  const half = readConfig({ ...NOTHING, env: { PACELINE_TLS_CERT: "cert.pem" } });
  assert.ok(!half.ok);
  assert.deepEqual(
    half.error.map(({ setting, source }) => [setting, source]),
    [["PACELINE_TLS_KEY", "PACELINE_TLS_CERT"]],
  );
});

test("every fault is named with its source and rule", () => {
  const result = readConfig({
    ...NOTHING,
    env: { PACELINE_PORT: "70000", DATABASE_URL: "mysql://x" },
    flags: { sample: "maybe" },
  });
  assert.ok(!result.ok);
  assert.deepEqual(
    result.error.map(({ setting, source }) => [setting, source]),
    [
      ["PACELINE_PORT", "PACELINE_PORT"],
      ["DATABASE_URL", "DATABASE_URL"],
      ["PACELINE_SAMPLE", "--sample"],
    ],
  );
});

test("an unknown key in the file is refused with the known ones", () => {
  const result = readConfig({ ...NOTHING, file: { path: "p.yaml", text: "prot: 1" } });
  assert.ok(!result.ok);
  assert.match(result.error[0]?.rule ?? "", /`prot` is not a setting; known are PACELINE_PORT/);
});
