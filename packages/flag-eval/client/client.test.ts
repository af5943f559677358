import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { EventParser } from "./event-parser.ts";
import { ExposureOutbox } from "./exposure-outbox.ts";
import type { ClientIo, ClientRequest, ClientResponse } from "./io.ts";
import { waitMs } from "./io.ts";

test("events are read the same however the text is cut into pieces", () => {
  const text =
    ': hello\n\nid: 7-abc\nevent: delta\ndata: {"a":1}\n\nretry: 5\n\ndata: one\ndata: two\n\n';
  const whole = new EventParser().push(text);
  assert.deepEqual(whole, [
    { id: "7-abc", event: "delta", data: '{"a":1}' },
    { id: null, event: "message", data: "one\ntwo" },
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
      const parser = new EventParser();
      const borders = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const read = borders.flatMap((to, index) =>
        parser.push(text.slice(borders[index - 1] ?? 0, to)),
      );
      assert.deepEqual(read, whole);
    }),
  );
});

test("attempts wait longer and longer, never more than 5 s, and not all at once", () => {
  for (let failures = 0; failures < 40; failures += 1) {
    assert.ok(waitMs(failures, 1) <= 5_000);
    assert.equal(waitMs(failures, 0) * 2, waitMs(failures, 1));
    assert.ok(waitMs(failures + 1, 0.5) >= waitMs(failures, 0.5));
  }
});

/** A network that answers what it is told to, and timers that the test runs. */
function network(status: () => number) {
  const requests: { url: string; request: ClientRequest }[] = [];
  const timers: (() => void)[] = [];
  const io: ClientIo = {
    async fetch(url, request): Promise<ClientResponse> {
      requests.push({ url, request });
      const answer = status();
      if (answer === 0) throw new Error("no network");
      return {
        status: answer,
        headers: { get: () => null },
        body: null,
        json: async () => ({ accepted: 1, refused: [] }),
      };
    },
    after(_ms, act) {
      timers.push(act);
      return () => void timers.splice(timers.indexOf(act), 1);
    },
    monotonicMs: () => 0,
    random: () => 0.5,
  };
  return { io, requests, timers };
}

const place = { url: "http://paceline", apiKey: "k" };
const exposure = (unit: string) => ({
  flagKey: "f",
  revision: 1,
  ruleId: "r",
  variant: "on",
  unit,
});
const sentUnits = (requests: readonly { request: ClientRequest }[]): readonly string[] =>
  requests.flatMap(({ request }) =>
    (JSON.parse(request.body ?? "{}").exposures as { unit: string }[]).map(({ unit }) => unit),
  );

test("exposures go in batches, each unit once, and again after a failure", async () => {
  let status = 0;
  const { io, requests, timers } = network(() => status);
  const outbox = new ExposureOutbox(place, io);
  for (let at = 0; at < 450; at += 1) outbox.offer(exposure(`u${at % 250}`));
  await outbox.flush();
  assert.equal(outbox.size, 250);
  requests.length = 0;
  status = 200;
  for (const act of timers.splice(0)) act();
  await outbox.flush();
  assert.equal(outbox.size, 0);
  assert.deepEqual(
    requests.map(({ request }) => JSON.parse(request.body ?? "").exposures.length),
    [200, 50],
  );
  assert.equal(new Set(sentUnits(requests)).size, 250);
});

test("a full outbox says so instead of growing, and a batch that is refused for good is not kept", async () => {
  let status = 0;
  const { io } = network(() => status);
  const lost: number[] = [];
  const outbox = new ExposureOutbox(place, io, (count) => lost.push(count));
  let taken = 0;
  for (let at = 0; at < 12_000; at += 1) taken += outbox.offer(exposure(`u${at}`)) ? 1 : 0;
  assert.equal(taken, 10_000);
  assert.equal(outbox.hasRoom, false);
  await outbox.flush();
  status = 400;
  await outbox.flush();
  assert.equal(outbox.size, 0);
  assert.equal(
    lost.reduce((sum, count) => sum + count, 0),
    10_000,
  );
});
