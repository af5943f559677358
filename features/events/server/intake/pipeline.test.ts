import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { readBody } from "../../domain/index.ts";
import type { FlatEvent, Receipt } from "../../domain/index.ts";
import { NO_PLANS } from "../dependencies.ts";
import type { EventRouteDeps, PlanChecker } from "../dependencies.ts";
import { openEventStore } from "../event-store.ts";
import { createLiveTap } from "../live-tap.ts";
import type { LiveEvent } from "../live-tap.ts";
import { SCOPE } from "../sample-events.ts";
import { dryRun, takeEvents } from "./pipeline.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-pipeline-"));
const store = await openEventStore({ dataDir: folder });
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});
let ids = 0;
const RECEIPT: Receipt = {
  ...SCOPE,
  source: "shop",
  receivedAt: Date.UTC(2026, 4, 1),
  replay: false,
  newMessageId: () => `made-${(ids += 1)}`,
};
const BASE: EventRouteDeps = {
  store,
  findCaller: async () => null,
  findEnvironmentTime: async () => null,
  newId: () => "",
};

function batch(...messages: unknown[]) {
  const read = readBody({ batch: messages }, "batch", RECEIPT);
  assert.ok(read.ok);
  return read.value;
}

async function take(deps: EventRouteDeps, ...messages: unknown[]) {
  const taken = await takeEvents(deps, RECEIPT, batch(...messages));
  assert.ok(taken.ok);
  return taken.value;
}

async function stored(type?: string): Promise<readonly { event: string; messageId: string }[]> {
  await store.flush();
  const filter = type === undefined ? {} : { type };
  const { rows } = await store.run({ kind: "recent", ...SCOPE, ...filter, limit: 200 });
  return rows;
}

function track(messageId: string, event: string, more: object = {}): object {
  return { type: "track", event, userId: "u1", messageId, ...more };
}

/** Refuses events named `Wrong`, watches those named `Odd`. */
function plans(counted: string[] = []): PlanChecker {
  return {
    ...NO_PLANS,
    watches: () => true,
    map: (event, body) =>
      event.event === "Old" ? { event: { ...event, event: "New" }, body } : { event, body },
    check(event) {
      const isWrong = event.event === "Wrong";
      if (!isWrong && event.event !== "Odd") return null;
      const fault = { path: "/properties/total", reason: "must be a number" };
      return { outcome: "violated", plan: "shop/1-0-0", ...fault, quarantine: isWrong };
    },
    count: (event, verdict) => void counted.push(`${event.event} ${verdict.outcome}`),
  };
}

test("a bad event is kept with its reason, costs its batch nothing, and is a duplicate when sent again", async () => {
  const messages = [track("p1", "Fine"), { type: "track", event: "NoUser", messageId: "p2" }];
  const first = await take(BASE, ...messages);
  assert.deepEqual([first.accepted, first.bad, first.duplicates], [1, 1, 0]);
  assert.deepEqual(first.faults[0]?.index, 1);
  const second = await take(BASE, ...messages);
  assert.deepEqual([second.accepted, second.bad, second.duplicates], [0, 0, 2]);
  const corrected = await take(BASE, track("p2", "NoUser"));
  assert.equal(corrected.accepted, 1);
  assert.deepEqual(
    (await stored("bad")).map(({ messageId }) => messageId),
    ["bad:p2"],
  );
});

test("an event against an enforced plan becomes a bad event, one against a watched plan is accepted", async () => {
  const counted: string[] = [];
  const deps = { ...BASE, plans: plans(counted) };
  const taken = await take(deps, track("q1", "Wrong"), track("q2", "Odd"), track("q3", "Old"));
  assert.deepEqual([taken.accepted, taken.bad], [2, 1]);
  assert.deepEqual(taken.faults, [
    {
      index: 0,
      kind: "plan",
      path: "/properties/total",
      reason: "must be a number",
      plan: "shop/1-0-0",
    },
  ]);
  assert.deepEqual(counted.toSorted(), ["Odd violated", "Wrong violated"]);
  assert.ok((await stored()).some(({ event, messageId }) => event === "New" && messageId === "q3"));
});

test("nothing of a suppressed person is kept, not even a bad event", async () => {
  const suppression = { suppresses: (event: FlatEvent) => event.unit === "gone" };
  const deps = { ...BASE, suppression };
  const gone = { userId: "gone" };
  const taken = await take(
    deps,
    track("s1", "A", gone),
    { type: "track", messageId: "s2", ...gone },
    track("s3", "A"),
  );
  assert.deepEqual([taken.suppressed, taken.accepted, taken.bad], [2, 1, 0]);
  const all = [...(await stored()), ...(await stored("bad"))];
  assert.ok(all.every(({ messageId }) => !/s1|s2/.test(messageId)));
});

test("who watches sees an event after it is durable, with its verdict, and each only once", async () => {
  const tap = createLiveTap();
  const seen: LiveEvent[] = [];
  const stop = tap.subscribe(SCOPE.workspace, SCOPE.environment, (live) => seen.push(live));
  tap.subscribe(SCOPE.workspace, "staging", () => assert.fail("another environment"));
  const deps = { ...BASE, plans: plans(), tap };
  const messages = [track("t1", "Odd"), track("t2", "Wrong"), track("t1", "Odd")];
  await take(deps, ...messages);
  assert.deepEqual(
    seen.map(({ event, verdict, fault }) => [event.type, verdict?.outcome, fault?.kind]),
    [
      ["track", "violated", undefined],
      ["bad", "violated", "plan"],
    ],
  );
  stop();
  await take(deps, track("t3", "Odd"));
  assert.equal(seen.length, 2);
});

test("a refused batch is shown to nobody", async () => {
  const tap = createLiveTap();
  tap.subscribe(SCOPE.workspace, SCOPE.environment, () => assert.fail("it is not durable"));
  const full = { ...store, append: async () => refusal } as typeof store;
  const refusal = { ok: false, error: { kind: "backpressure", retryAfterSeconds: 1 } } as const;
  const taken = await takeEvents({ ...BASE, store: full, tap }, RECEIPT, batch(track("x", "A")));
  assert.equal(taken.ok, false);
});

test("a dry run says everything and leaves nothing behind", async () => {
  const before = [...(await stored()), ...(await stored("bad"))].length;
  const counted: string[] = [];
  const deps = { ...BASE, plans: plans(counted) };
  const sent = [track("d1", "Fine"), { type: "track", messageId: "d2" }, track("d3", "Odd")];
  const judgements = dryRun(deps, RECEIPT, batch(...sent));
  assert.deepEqual(
    judgements.map(({ index, outcome, fault }) => [index, outcome, fault?.path]),
    [
      [0, "accepted", undefined],
      [1, "bad", "/userId"],
      [2, "accepted", "/properties/total"],
    ],
  );
  assert.deepEqual(counted, []);
  const taken = await take(deps, track("d1", "Fine"));
  assert.equal(taken.accepted, 1, "the dry run remembered the message");
  const after = [...(await stored()), ...(await stored("bad"))].length;
  assert.equal(after, before + 1);
});
