import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import fc from "fast-check";

import { readBody, readOtlp, readPosthog } from "../../domain/index.ts";
import type { ReadBody, Receipt, ServedFlagFacts } from "../../domain/index.ts";
import { openEventStore } from "../event-store.ts";
import { recordExposure } from "../record-exposure.ts";
import { SCOPE } from "../sample-events.ts";
import { digestOf, takeEvents } from "./pipeline.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-exposures-"));
const store = await openEventStore({ dataDir: folder });
after(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const DAY = 86_400_000;
const RECEIVED = Date.UTC(2026, 4, 10, 12);
/** What our own flag is known to serve; two experiments would be told apart by their ids. */
const EXPERIMENT = "0197a000-0000-7000-8000-000000000001";

interface Read {
  readonly unit: string;
  readonly variant: string;
  readonly daysAgo: number;
}

type Reporter = (read: Read, id: string) => Promise<number>;

let ids = 0;
function receipt(source: string): Receipt {
  const newMessageId = (): string => `made-${(ids += 1)}`;
  return { ...SCOPE, source, receivedAt: RECEIVED, replay: false, newMessageId };
}

const momentOf = ({ daysAgo }: Read): number => RECEIVED - daysAgo * DAY;

async function take(body: { ok: boolean; value?: ReadBody }, source: string): Promise<number> {
  assert.ok(body.value !== undefined);
  const facts = (flagKey: string, variant: string): ServedFlagFacts | null =>
    flagKey === "checkout" || flagKey === EXPERIMENT
      ? { flagKey: "checkout", experimentId: EXPERIMENT, revision: "7", variant }
      : null;
  const deps = {
    store,
    findCaller: async () => null,
    findEnvironmentTime: async () => null,
    newId: () => "",
    findServedFlag: (event: { flagKey: string | null; variant: string | null }) =>
      facts(event.flagKey ?? "", event.variant ?? ""),
  };
  const taken = await takeEvents(deps, receipt(source), body.value);
  assert.ok(taken.ok);
  return taken.value.accepted;
}

function attributesOf(read: Read): object[] {
  return [
    { key: "feature_flag.key", value: { stringValue: "checkout" } },
    { key: "feature_flag.result.variant", value: { stringValue: read.variant } },
    { key: "feature_flag.context.id", value: { stringValue: read.unit } },
  ];
}

const nanos = (read: Read): string => `${momentOf(read)}000000`;

/** The same read, as each of those who may report it does. */
const REPORTERS: Readonly<Record<string, Reporter>> = {
  "our own evaluation": async (read) => {
    const result = await recordExposure(
      { store },
      {
        ...SCOPE,
        flagKey: "checkout",
        experimentId: EXPERIMENT,
        revision: "6",
        variant: read.variant,
        unit: read.unit,
        at: momentOf(read),
      },
    );
    assert.ok(result.ok);
    return result.value === "accepted" ? 1 : 0;
  },
  "Segment by flag": (read, id) =>
    segment(read, id, { flag_key: "checkout", experiment_id: "copy-test" }),
  "Segment by experiment": (read, id) => segment(read, id, { experiment_id: EXPERIMENT }),
  PostHog: (read, id) =>
    take(
      readPosthog(
        {
          batch: [
            {
              event: "$feature_flag_called",
              uuid: id,
              distinct_id: read.unit,
              timestamp: new Date(momentOf(read)).toISOString(),
              properties: { $feature_flag: "checkout", $feature_flag_response: read.variant },
            },
          ],
        },
        receipt("posthog-key"),
      ),
      "posthog-key",
    ),
  "OTLP log": (read) => {
    const record = {
      eventName: "feature_flag.evaluation",
      timeUnixNano: nanos(read),
      attributes: attributesOf(read),
    };
    const body = { resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] };
    return take(readOtlp("logs", body, receipt("otel-key"), digestOf), "otel-key");
  },
};

function segment(read: Read, id: string, said: object): Promise<number> {
  const message = {
    type: "track",
    event: "Experiment Viewed",
    messageId: id,
    userId: read.unit,
    timestamp: new Date(momentOf(read)).toISOString(),
    properties: { ...said, variation_id: read.variant },
  };
  return take(readBody({ batch: [message] }, "batch", receipt("segment-key")), "segment-key");
}

test("a read counts once, whoever reports it, in whatever order and how often", async () => {
  let run = 0;
  const read = fc.record({
    unit: fc.constantFrom("a", "b", "ü\u0000", '"quoted"'),
    variant: fc.constantFrom("control", "treatment"),
    daysAgo: fc.integer({ min: 0, max: 2 }),
  });
  const report = fc.record({ read, by: fc.constantFrom(...Object.keys(REPORTERS)) });
  await fc.assert(
    fc.asyncProperty(fc.array(report, { maxLength: 25 }), async (reports) => {
      run += 1;
      const reads = new Set<string>();
      let accepted = 0;
      for (const [place, { read: one, by }] of reports.entries()) {
        const own = { ...one, unit: `${run} ${one.unit}` };
        reads.add(JSON.stringify([own.unit, own.variant, own.daysAgo]));
        accepted += (await REPORTERS[by]?.(own, `message-${run}-${place}`)) ?? 0;
      }
      assert.equal(accepted, reads.size);
    }),
    { numRuns: 30 },
  );
});

test("a span's flag evaluations become exposures beside the span, once", async () => {
  const read: Read = { unit: "span-reader", variant: "control", daysAgo: 0 };
  const event = {
    name: "feature_flag.evaluation",
    timeUnixNano: nanos(read),
    attributes: attributesOf(read),
  };
  const span = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    name: "checkout",
    startTimeUnixNano: nanos(read),
    events: [event, event],
  };
  const body = { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] };
  const accepted = await take(readOtlp("traces", body, receipt("otel-key"), digestOf), "otel-key");
  assert.equal(accepted, 2);
  assert.equal(await REPORTERS["our own evaluation"]?.(read, ""), 0);
});

test("the record says who reported it first, and what our flag is called", async () => {
  const read: Read = { unit: "first", variant: "treatment", daysAgo: 0 };
  await REPORTERS["Segment by experiment"]?.(read, "their-id");
  await store.flush();
  const { rows } = await store.run({ kind: "recent", ...SCOPE, unit: "first", limit: 10 });
  const [row] = rows;
  assert.deepEqual([rows.length, row?.flagKey, row?.event], [1, "checkout", "checkout"]);
  assert.deepEqual(JSON.parse(row?.context ?? "{}").reportedBy, {
    source: "segment-key",
    messageId: "their-id",
    dialect: "segment",
  });
});

test("the same flag in two experiments is two exposures, and a flag that is not ours keeps its words", async () => {
  const foreign = (flag: string): Promise<number> =>
    segment({ unit: "two", variant: "b", daysAgo: 0 }, `m-${flag}`, {
      flag_key: "theirs",
      experiment_id: flag,
    });
  assert.equal(await foreign("spring"), 1);
  assert.equal(await foreign("summer"), 1);
  assert.equal(await foreign("summer"), 0);
});
