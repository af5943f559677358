/**
 * `npm run bench:guard-reaction -- [rounds] [background events a second]`: from the answer to
 * the event that crosses a guard's bound until this server serves the flag as it was taken back.
 */
import { becomeOwner, makeKey, startTestServer } from "./test-server.ts";
import type { TestServer } from "./test-server.ts";

const UNITS = 600;
const GIVE_UP_MS = 30_000;
const BACKGROUND_EVERY_MS = 100;
const HOLD = { time: null, sample: null, approval: null, guards: true };

const [rounds = 20, perSecond = 200] = process.argv.slice(2).map(Number);

interface Keys {
  readonly admin: string;
  readonly evaluate: string;
  readonly intake: string;
}

async function call(
  server: TestServer,
  method: "POST" | "PUT",
  url: string,
  payload: object,
  key: string,
): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${key}` };
  const response = await server.app.inject({ method, url, headers, payload });
  if (response.statusCode >= 300) throw new Error(`${method} ${url}: ${response.body}`);
  return response.json();
}

async function startRollout(server: TestServer, { admin }: Keys, flag: string): Promise<string> {
  const post = (url: string, payload: object) => call(server, "POST", url, payload, admin);
  const variants = { on: true, off: false };
  await post("/api/v1/flags", { key: flag, type: "boolean", variants });
  const place = `/api/v1/flags/${flag}/environments/production`;
  const rules = [{ id: "new", serve: { variant: "on" }, exposureShare: 0, recordExposure: true }];
  const configuration = { enabled: true, offVariant: "off", defaultVariant: "off", rules };
  await call(server, "PUT", place, configuration, admin);
  await post(`${place}/publish`, {});
  const wayBack = {
    initiativeId: null,
    experimentId: null,
    target: { kind: "off" },
    triggers: [],
    mode: "automatic",
    ownerId: "owner",
    verification: "Nobody gets it.",
  };
  await call(
    server,
    "PUT",
    `/api/v1/environments/production/flags/${flag}/rollback`,
    wayBack,
    admin,
  );
  const source = {
    kind: "event-metric",
    metric: "failed",
    direction: "decrease",
    scale: "absolute",
    margin: 0.05,
    windowHours: 24,
    minimumUnits: 50,
  };
  const { id } = await post("/api/v1/rollouts", {
    name: flag,
    flagKey: flag,
    environment: "production",
    ruleId: "new",
    guards: [{ id: "failures", name: "failures", source, action: "roll-back" }],
    stages: [
      { id: "half", name: "half", exposureShare: 0.5, when: null, hold: { ...HOLD, sample: 1e6 } },
    ],
  });
  await post(`/api/v1/rollouts/${String(id)}/arm`, {});
  await post(`/api/v1/rollouts/${String(id)}/start`, {});
  return String(id);
}

function track(server: TestServer, { intake }: Keys, event: string, units: readonly string[]) {
  const batch = units.map((userId) => {
    const messageId = `${event}-${userId}`;
    return { type: "track", messageId, userId, event };
  });
  return call(server, "POST", "/v1/batch", { batch }, intake);
}

async function measureOnce(server: TestServer, keys: Keys, round: number): Promise<number> {
  const flag = `flag-${round}`;
  await startRollout(server, keys, flag);
  const { flagSets, store } = server.parts;
  const workspaces = store.db.selectFrom("workspaces").select("id");
  const { id: workspaceId } = await workspaces.executeTakeFirstOrThrow();
  await flagSets.refresh(workspaceId, "production");
  const url = `/ofrep/v1/evaluate/flags/${flag}`;
  const units = Array.from({ length: UNITS }, (_, index) => `${flag}-${index}`);
  const exposed: string[] = [];
  for (const unit of units) {
    const context = { targetingKey: unit };
    const { variant } = await call(server, "POST", url, { context }, keys.evaluate);
    if (variant === "on") exposed.push(unit);
  }
  await server.parts.events.flush();
  const back = Promise.withResolvers<void>();
  const stop = flagSets.onChange(({ changedKeys, set: after }) => {
    const inForce = after.flags.get(flag)?.content.configuration;
    if (changedKeys.includes(flag) && inForce?.enabled === false) back.resolve();
  });
  const late = setTimeout(() => back.reject(new Error(`${flag} was not taken back`)), GIVE_UP_MS);
  // Crossing events come at any moment between two seals of the log.
  await new Promise((resolve) => setTimeout(resolve, (round * 397) % 2_000));
  await track(
    server,
    keys,
    "Failed",
    exposed.filter((_, index) => index % 3 === 0),
  );
  const began = performance.now();
  await back.promise;
  clearTimeout(late);
  stop();
  return performance.now() - began;
}

const server = await startTestServer();
const cookie = await becomeOwner(server);
const keys: Keys = {
  admin: (await makeKey(server, cookie, "admin")).secret,
  evaluate: (await makeKey(server, cookie, "evaluate")).secret,
  intake: (await makeKey(server, cookie, "intake")).secret,
};
const numerator = { event: "Failed", aggregation: "any", property: null };
const metric = { statistic: "proportion", denominator: null, format: "percent", description: "" };
await call(
  server,
  "PUT",
  "/api/v1/metrics/failed",
  { ...metric, name: "f", numerator },
  keys.admin,
);
let background = 0;
const load = setInterval(() => {
  const units = Array.from({ length: (perSecond * BACKGROUND_EVERY_MS) / 1_000 }, () => {
    background += 1;
    return `visitor-${background}`;
  });
  if (units.length > 0) track(server, keys, "Seen", units).catch(() => undefined);
}, BACKGROUND_EVERY_MS);
const taken: number[] = [];
for (let round = 0; round < rounds; round += 1) taken.push(await measureOnce(server, keys, round));
clearInterval(load);
const sorted = taken.toSorted((a, b) => a - b);
const at = (share: number): string =>
  `${Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)} ms`;
console.log(
  `${rounds} rollbacks, ${perSecond} other events a second: median ${at(0.5)}, p95 ${at(0.95)}, slowest ${at(1)}`,
);
await server.close();
