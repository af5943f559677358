import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import fc from "fast-check";

import { openEventStore } from "../event-store.ts";
import { sampleEvent, SCOPE, START } from "../sample-events.ts";
import { planCompaction } from "./compaction-plan.ts";
import { personBucket } from "./person-bucket.ts";
import type { Segment } from "./segments.ts";

const DAY = 86_400_000;
const limits = { splitEvents: 6 };

type Act =
  | {
      readonly kind: "append";
      readonly unit: string;
      readonly day: number;
      readonly copies: number;
    }
  | { readonly kind: "flush" }
  | { readonly kind: "compact" }
  | { readonly kind: "restart" };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("append" as const),
      unit: fc.constantFrom("u1", "u2", "Zoë", "王小明"),
      day: fc.integer({ min: 0, max: 70 }),
      copies: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "flush" } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: "compact" } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" } as const) },
);

test("whatever is appended, flushed, compacted and restarted, the files hold what a list holds", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 24 }), async (acts) => {
      const dataDir = await mkdtemp(join(tmpdir(), "paceline-compaction-"));
      let store = await openEventStore({ dataDir, limits });
      let isOpen = true;
      const close = async (): Promise<void> => {
        if (isOpen) await store.close();
        isOpen = false;
      };
      const list: string[] = [];
      try {
        for (const step of [...acts, { kind: "flush" } as const, { kind: "compact" } as const]) {
          if (step.kind === "flush") await store.flush();
          else if (step.kind === "compact") await store.compact();
          else if (step.kind === "restart") {
            await close();
            store = await openEventStore({ dataDir, limits });
            isOpen = true;
          } else {
            const at = START + step.day * DAY;
            const ids = Array.from({ length: step.copies }, () => `m${list.length}`);
            const events = ids.map((id, copy) =>
              sampleEvent({ messageId: `${id}-${copy}`, unit: step.unit, at }),
            );
            list.push(...events.map(({ messageId }) => messageId));
            assert.ok((await store.append(events)).ok);
          }
        }
        const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 1000 });
        assert.deepEqual(rows.map(({ messageId }) => messageId).toSorted(), list.toSorted());
        const { scopes, failure } = await store.stats();
        assert.equal(failure, null);
        assert.equal(
          scopes.reduce((sum, { events }) => sum + events, 0),
          list.length,
        );
        await close();
        await assertListed(join(dataDir, "events", "segments"));
      } finally {
        await close();
        await rm(dataDir, { recursive: true, force: true });
      }
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

/** Every file is in the manifest, apart from segments of log files, which their name lists. */
async function assertListed(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".parquet"));
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => '{"files":[]}');
  const manifest = JSON.parse(text) as { files: { name: string }[] };
  const listed = manifest.files.map(({ name }) => name);
  const others = names.filter((name) => !listed.includes(name));
  assert.deepEqual(
    others.filter((name) => !name.startsWith("node-")),
    [],
  );
  assert.deepEqual(
    listed.filter((name) => !names.includes(name)),
    [],
  );
}

test("events of one person and month meet in one file, sorted with those of their bucket", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-compaction-"));
  const store = await openEventStore({ dataDir, limits });
  for (let day = 0; day < 62; day += 1) {
    const events = ["a", "b", "c"].map((unit) =>
      sampleEvent({ messageId: `${unit}${day}`, unit, at: START + day * DAY }),
    );
    await store.append(events);
    if (day % 4 === 3) await store.flush();
  }
  await store.flush();
  await store.compact();
  await store.close();
  const text = await readFile(join(dataDir, "events", "segments", "manifest.json"), "utf8");
  const { files } = JSON.parse(text) as { files: Segment[] };
  const buckets = new Set(["a", "b", "c"].map((unit) => personBucket(SCOPE.workspace, unit)));
  assert.deepEqual(new Set(files.map(({ part }) => part?.bucket)), buckets);
  assert.deepEqual(
    new Set(files.map(({ part }) => part?.month)),
    new Set(["2026-01", "2026-02", "2026-03"]),
  );
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs the plan on sizes alone, as if every step were done at once. */
function simulate(loads: number, events: number): { files: number; rewritten: number } {
  let files: Segment[] = [];
  let [made, rewritten] = [0, 0];
  const file = (rows: number, part: Segment["part"]): Segment => ({
    name: String((made += 1)),
    path: "",
    stretches: [],
    part,
    bytes: rows * 50,
    scopes: [
      { ...SCOPE, events: rows, firstReceivedAt: 0, lastReceivedAt: 0, oldestAt: 0, newestAt: 0 },
    ],
  });
  const rowsOf = (segment: Segment): number => segment.scopes[0]?.events ?? 0;
  for (let load = 0; load < loads; load += 1) {
    files.push(file(events, null));
    for (
      let step = planCompaction(files, 131_072);
      step !== null;
      step = planCompaction(files, 131_072)
    ) {
      const taken = new Set<Segment>(step.inputs);
      const rows = step.inputs.reduce((sum, input) => sum + rowsOf(input), 0);
      rewritten += rows;
      files = files.filter((segment) => !taken.has(segment));
      if (step.kind === "split") {
        for (let bucket = 0; bucket < 16; bucket += 1) {
          files.push(file(rows / 16, { month: "2026-01", bucket }));
        }
      } else files.push(file(rows, step.kind === "join" ? step.part : null));
    }
  }
  return { files: files.length, rewritten: rewritten / (loads * events) };
}

test("rewriting grows with the logarithm of the events, and files stay few", () => {
  const small = simulate(2_000, 100);
  const large = simulate(40_000, 100);
  const busy = simulate(2_000, 30_000);
  assert.ok(
    small.rewritten < 7 && large.rewritten < 8 && busy.rewritten < 5,
    JSON.stringify({ small, large, busy }),
  );
  assert.ok(small.files < 250 && large.files < 250, JSON.stringify({ small, large }));
  // 60 million events: files of a quarter of a million each, and the small ones of 16 buckets.
  assert.ok(busy.files < 60_000_000 / 262_144 + 16 * 12, JSON.stringify(busy));
});
