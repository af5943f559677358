import assert from "node:assert/strict";
import { availableParallelism, loadavg } from "node:os";
import { after, before, test } from "node:test";

import { openDatabase } from "@paceline/db";
import { createApp } from "@paceline/http";

import type { LiveBatch } from "../api.ts";
import type { EventRouteDeps } from "./dependencies.ts";
import { registerLiveRoutes } from "./live-routes.ts";
import { createLiveTap } from "./live-tap.ts";
import { sampleEvent, SCOPE } from "./sample-events.ts";

const tap = createLiveTap();
let isMember = true;
const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
const { app } = await createApp({
  db,
  clock: { now: () => new Date() },
  streamCheckMs: 20,
  async authenticate() {
    if (!isMember) return null;
    return {
      actor: { kind: "person", id: "p1", name: "Ines", role: "viewer" },
      workspaceId: SCOPE.workspace,
      environment: null,
      via: "session",
    };
  },
});
// The live view needs the tap alone.
registerLiveRoutes(app, { tap } as unknown as EventRouteDeps);
let url = "";
before(async () => {
  url = await app.listen({ port: 0, host: "127.0.0.1" });
});
after(async () => {
  await app.close();
  await db.destroy();
});

/** Messages of a stream as they come; the first says that the server listens. */
async function* watch(query: string): AsyncGenerator<LiveBatch> {
  const answer = await fetch(`${url}/api/v1/events/live?environment=production${query}`);
  assert.equal(answer.status, 200);
  let rest = "";
  assert.ok(answer.body !== null);
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const messages = (rest + piece).split("\n\n");
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const data = /^data: (.*)$/mu.exec(message)?.[1];
      if (data !== undefined) yield { items: [], dropped: 0, ...JSON.parse(data) };
    }
  }
}

const show = (messageId: string, parts: object = {}) =>
  tap.publish({ event: sampleEvent({ messageId, ...parts }), verdict: null, fault: null });

test("an event is sent within a second of its arrival, with what the plans say", async () => {
  const stream = watch("");
  await stream.next();
  const began = performance.now();
  tap.publish({
    event: sampleEvent({ messageId: "m1", properties: '{"value":3}' }),
    verdict: {
      outcome: "violated",
      plan: "order/1-0-0",
      path: "/properties/value",
      reason: "must be text",
      quarantine: false,
    },
    fault: null,
  });
  const { value } = await stream.next();
  const allowedMs = 1000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  assert.ok(performance.now() - began < allowedMs);
  assert.equal(value.items[0].messageId, "m1");
  assert.deepEqual(value.items[0].properties, { value: 3 });
  assert.equal(value.items[0].verdict.reason, "must be text");
  await stream.return(undefined);
});

test("only what fits the filters is sent, and another workspace's events never", async () => {
  const stream = watch("&event=Refund&unit=u2");
  await stream.next();
  show("theirs", { workspace: "another", event: "Refund", unit: "u2" });
  show("a name too many");
  show("wanted", { event: "Refund", unit: "u2" });
  const { value } = await stream.next();
  assert.deepEqual(
    value.items.map((item: { messageId: string }) => item.messageId),
    ["wanted"],
  );
  await stream.return(undefined);
});

test("when too many come the rest is counted, and an ended stream hears nothing more", async () => {
  const stream = watch("");
  await stream.next();
  for (let place = 0; place < 1000; place++) show(`m${place}`);
  const { value } = await stream.next();
  assert.deepEqual([value.items.length, value.dropped], [200, 800]);
  await stream.return(undefined);
});

test("a member who is removed sees no more events", async () => {
  const stream = watch("");
  await stream.next();
  isMember = false;
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  isMember = true;
});
