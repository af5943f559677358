import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "fast-check";

import { foreignMessage, PARITY_HOUR_MS, ParityTally } from "./index.ts";
import type { ParityMessage, ParityReport } from "./index.ts";

const FROM = Date.UTC(2026, 0, 5);
const HOURS = 24;
const WINDOW = { from: FROM, to: FROM + HOURS * PARITY_HOUR_MS };

function compare(here: readonly ParityMessage[], there: readonly ParityMessage[]): ParityReport {
  const tally = new ParityTally(WINDOW);
  for (const message of here) tally.addHere(message);
  for (const message of there) tally.addThere(message);
  for (const message of here) tally.sampleHere(message);
  return tally.report();
}

/** A message and on which sides it is. */
const placed = fc.record({
  id: fc.integer({ min: 0, max: 400 }),
  event: fc.constantFrom("Order Completed", "Checkout Started", "identify"),
  at: fc.integer({ min: FROM - 2 * PARITY_HOUR_MS, max: WINDOW.to + 2 * PARITY_HOUR_MS }),
  here: fc.boolean(),
  there: fc.boolean(),
});
const placedList = fc.uniqueArray(placed, { selector: ({ id }) => id, maxLength: 200 });
type Placed = typeof placed extends fc.Arbitrary<infer T> ? T : never;

const asMessage = ({ id, event, at }: Placed): ParityMessage => ({
  messageId: `message-${id}`,
  event,
  at,
  fields: {},
});
const inWindow = ({ at }: Placed) => at >= WINDOW.from && at < WINDOW.to;
const sides = (list: readonly Placed[]) => ({
  here: list.filter(({ here }) => here).map(asMessage),
  there: list.filter(({ there }) => there).map(asMessage),
});

test("counts agree with those of two plain sets", () => {
  fc.assert(
    fc.property(placedList, (list) => {
      const { here, there } = sides(list);
      const report = compare(here, there);
      const inside = list.filter(inWindow);
      assert.equal(report.here, inside.filter((one) => one.here).length);
      assert.equal(report.there, inside.filter((one) => one.there).length);
      assert.equal(report.matched, inside.filter((one) => one.here && one.there).length);
      const lacking = inside.filter((one) => one.there && !one.here);
      const extra = inside.filter((one) => one.here && !one.there);
      assert.equal(report.missingHere, lacking.length);
      assert.equal(report.missingThere, extra.length);
      for (const event of report.events) {
        const ids = lacking.filter((one) => one.event === event.event).map(asMessage);
        for (const sample of event.samplesMissingHere)
          assert.ok(ids.some(({ messageId }) => messageId === sample));
        assert.equal(event.samplesMissingHere.length, Math.min(20, ids.length));
        const surplus = extra.filter((one) => one.event === event.event);
        assert.equal(event.samplesMissingThere.length, Math.min(20, surplus.length));
        for (const hour of event.hours) {
          const during = lacking.filter(
            (one) =>
              one.event === event.event && one.at >= hour.at && one.at < hour.at + PARITY_HOUR_MS,
          );
          assert.equal(hour.missingHere, during.length);
        }
      }
    }),
  );
});

test("the order of messages makes no difference to any count", () => {
  const counts = (report: ParityReport) => ({
    ...report,
    events: report.events.map(
      ({ samplesMissingHere: _here, samplesMissingThere: _there, ...rest }) => rest,
    ),
  });
  fc.assert(
    fc.property(placedList, (list) => {
      const { here, there } = sides(list);
      assert.deepEqual(
        counts(compare(here.toReversed(), there.toReversed())),
        counts(compare(here, there)),
      );
    }),
  );
});

test("two equal sides are equal, whatever is in them", () => {
  fc.assert(
    fc.property(placedList, (list) => {
      const all = list.map(asMessage);
      const report = compare(all, [...all, ...all]);
      assert.equal(report.duplicatesThere, all.length);
      assert.equal(report.missingHere + report.missingThere, 0);
      assert.equal(report.verdict.kind, list.some(inWindow) ? "equal" : "nothing");
    }),
  );
});

function orders(count: number, hour: number, from = 0): ParityMessage[] {
  return Array.from({ length: count }, (_, place) => ({
    messageId: `order-${hour}-${from + place}`,
    event: "Order Completed",
    at: FROM + hour * PARITY_HOUR_MS + place,
    fields: { revenue: 1 },
  }));
}

test("the verdict says the share, the name, how many and when", () => {
  const there = [...orders(100_000, 3), ...orders(20_314, 14)];
  const { verdict } = compare(there.slice(0, -21), there);
  assert.deepEqual(verdict, {
    kind: "close",
    sentence:
      "Paceline has 99.98% of the 120,314 messages; 21 of Order Completed are missing on 5 Jan between 14:00 and 15:00 UTC.",
  });
});

test("100% is not said while one message is missing", () => {
  const there = orders(100_000, 3);
  assert.match(compare(there.slice(1), there).verdict.sentence, /^Paceline has 99\.99% .* 1 of /u);
});

test("a property on one side only and another type are found, with their hours", () => {
  const here = [...orders(2, 1), ...orders(2, 2)];
  const there = here.map((message, place) => ({
    ...message,
    fields: { revenue: place < 2 ? 1 : "1", coupon: "x" },
  }));
  const [event] = compare(here, there).events;
  assert.deepEqual(
    event?.schema.map(({ property, kind, hours, here: own, there: theirs }) => ({
      property,
      kind,
      hours,
      own,
      theirs,
    })),
    [
      { property: "coupon", kind: "only-there", hours: 2, own: [], theirs: ["text"] },
      { property: "revenue", kind: "types-differ", hours: 1, own: ["number"], theirs: ["text"] },
    ],
  );
  assert.equal(event?.schema[1]?.firstAt, FROM + 2 * PARITY_HOUR_MS);
});

test("exports of several vendors are read, and a row without an id or an instant is none", () => {
  const at = Date.UTC(2026, 0, 5, 14);
  const read = (row: Record<string, unknown>) => foreignMessage(row, {}, true);
  assert.deepEqual(
    read({ type: "page", messageId: "m", name: "Home", timestamp: "2026-01-05T14:00:00Z" }),
    { messageId: "m", event: "page Home", at, fields: {} },
  );
  assert.equal(read({ uuid: "m", event: "Order", timestamp: at, properties: { a: 1 } })?.at, at);
  assert.equal(read({ $insert_id: "m", event: "Order", time: at / 1000 })?.at, at);
  assert.equal(
    read({ message_id: "m", event_name: "Order", event_time: "2026-01-05 14:00:00 UTC" })?.at,
    at,
  );
  assert.deepEqual(
    read({ id: "m", event: "Order", time: String(at), properties: '{"a":1}' })?.fields,
    { a: 1 },
  );
  assert.equal(read({ event: "Order", timestamp: at }), null);
  assert.equal(read({ messageId: "m", event: "Order" }), null);
  assert.equal(
    foreignMessage({ key: "m", when: at }, { messageId: "key", timestamp: "when" }, true)
      ?.messageId,
    "m",
  );
});
