import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import fc from "fast-check";

import { encodeEvents } from "../../domain/index.ts";
import type { ExperimentPartial, ExperimentQuery, FlatEvent } from "../../domain/index.ts";
import { mergeScopes, scopesOf } from "../log/scopes.ts";
import { HOUR, sampleEvent, sampleExposure, SCOPE, START } from "../sample-events.ts";
import { Database } from "./duckdb/database.ts";
import { duckdb } from "./duckdb/dialect.ts";
import { duckdbLoading } from "./duckdb/loading.ts";
import { DEFAULT_STATE_LIMITS, ExperimentStates } from "./experiment-states.ts";
import type { StateDatabase, StateFile, StoreSnapshot } from "./experiment-states.ts";
import { personBucket } from "./person-bucket.ts";
import { readRows } from "./rows.ts";

const DAY = 24 * HOUR;

const folder = await mkdtemp(join(tmpdir(), "paceline-states-"));
const engine = await Database.open({
  threads: 2,
  memoryLimit: "1GB",
  tempFolder: join(folder, "tmp"),
  keepOrder: false,
});
after(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

/** The database of the engine, with a list of what was run. */
const database: StateDatabase & { statements: string[] } = {
  statements: [],
  session: (use) =>
    engine.session((session) =>
      use({
        run(query) {
          database.statements.push(duckdb.display(query));
          return session.run(query);
        },
        all(query) {
          database.statements.push(duckdb.display(query));
          return session.all(query);
        },
      }),
    ),
};

/** A store in small: files, and what the engine does to them. */
class Files {
  list: (StateFile & { readonly events: readonly FlatEvent[] })[] = [];
  generation = 0;
  static #made = 0;
  #seq = 0;

  async add(events: readonly FlatEvent[]): Promise<void> {
    this.#seq += 1;
    await this.#write(events, [{ node: "node", from: this.#seq, to: this.#seq }]);
  }

  /** Merges a run of neighbours. */
  async merge(from: number, count: number, byPerson = false): Promise<void> {
    const inputs = this.list.splice(Math.min(from, Math.max(0, this.list.length - 1)), count);
    if (inputs.length === 0) return;
    const stretches = inputs.flatMap((file) => file.stretches);
    const events = inputs.flatMap((file) => file.events).toReversed();
    if (!byPerson) return this.#write(events, stretches);
    const people = Map.groupBy(events, (event) => personBucket(event.workspace, event.unit));
    for (const [bucket, own] of people) await this.#write(own, stretches, bucket);
  }

  async erase(unit: string): Promise<void> {
    const before = this.list;
    this.list = [];
    for (const file of before) {
      await this.#write(
        file.events.filter((event) => event.unit !== unit),
        file.stretches,
        file.bucket,
      );
    }
    this.generation += 1;
  }

  async #write(
    events: readonly FlatEvent[],
    stretches: StateFile["stretches"],
    bucket: number | null = null,
  ): Promise<void> {
    Files.#made += 1;
    const path = join(folder, `${Files.#made}.parquet`);
    const log = join(folder, `${Files.#made}.ndjson`);
    await writeFile(log, encodeEvents(events));
    await database.session((session) => session.run(duckdbLoading.load(log, path, "[]")));
    const own = events.filter((event) => event.environment === SCOPE.environment);
    const [scope = null] = mergeScopes(scopesOf(own));
    const mixed = own.length < events.length;
    this.list.push({ path, stretches, bucket, scope, mixed, events });
  }

  snapshot(): StoreSnapshot {
    const stretches = this.list.flatMap((file) => file.stretches);
    return { generation: this.generation, stretches, files: [...this.list] };
  }
}

async function computed(query: ExperimentQuery, files: Files): Promise<ExperimentPartial[]> {
  const paths = files.list.filter((file) => file.scope !== null).map((file) => file.path);
  if (paths.length === 0) return [];
  const plan = duckdb.compilers.experiment(query, paths);
  return readRows(query, await database.session((session) => session.all(plan)));
}

async function refreshed(
  states: ExperimentStates,
  query: ExperimentQuery,
  files: Files,
): Promise<ExperimentPartial[] | null> {
  const rows = await states.answer(query, files.snapshot());
  return rows === null ? null : readRows(query, rows);
}

function queryOf(asOf: number, cut: "none" | "day" = "none"): ExperimentQuery {
  const spend = { event: "Order", aggregation: "sum", property: "value" } as const;
  return {
    kind: "experiment",
    ...SCOPE,
    exposure: { experimentId: "e1" },
    metrics: [
      { key: "any", event: "Visit", aggregation: "any" },
      { key: "count", event: "Order", aggregation: "count" },
      { key: "spend", ...spend },
      { key: "ratio", ...spend, denominator: { event: "Visit", aggregation: "count" } },
    ],
    windowHours: 48,
    from: START,
    asOf,
    cut,
  };
}

/** An exposure to a variant, or an event with a value. */
interface Happening {
  readonly who: string;
  /** In another environment, which the experiment does not see. */
  readonly elsewhere: boolean;
  /** Hours since the start. */
  readonly when: number;
  readonly variant: string;
  readonly event: string;
  readonly value: number;
}

const unit = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
const hour = fc.integer({ min: -10, max: 200 });
const elsewhere = fc.oneof(
  { weight: 19, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);
const shown = fc.record({
  who: unit,
  elsewhere,
  when: hour,
  variant: fc.constantFrom("control", "treatment"),
  event: fc.constant(""),
  value: fc.constant(0),
});
const acted = fc.record({
  who: unit,
  elsewhere,
  when: hour,
  variant: fc.constant(""),
  event: fc.constantFrom("Visit", "Order", "Other"),
  value: fc.integer({ min: -9, max: 99 }),
});
const batch = fc.array(fc.oneof({ weight: 2, arbitrary: shown }, { weight: 3, arbitrary: acted }), {
  maxLength: 12,
});
const step = fc.oneof(
  { weight: 6, arbitrary: batch.map((events) => ({ do: "append" as const, events })) },
  {
    weight: 8,
    arbitrary: fc.integer({ min: 0, max: 60 }).map((hours) => ({ do: "ask" as const, hours })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.boolean(),
      )
      .map(([from, count, absorb, byPerson]) => ({
        do: "merge" as const,
        from,
        count,
        absorb,
        byPerson,
      })),
  },
  { weight: 1, arbitrary: unit.map((who) => ({ do: "erase" as const, who })) },
);

/** Eighths add up exactly in whatever order, so every number must be the same. */
function inEighths(value: number): string {
  return JSON.stringify({ value: value / 8 });
}

let messages = 0;

function eventOf(
  one: Omit<Happening, "elsewhere"> & Partial<Happening>,
  receivedAt: number,
): FlatEvent {
  messages += 1;
  const at = Math.min(START + one.when * HOUR, receivedAt);
  const messageId = `m${messages}`;
  const environment = one.elsewhere === true ? "staging" : SCOPE.environment;
  if (one.variant !== "") {
    const exposure = sampleExposure(one.who, one.variant, at);
    return { ...exposure, environment, receivedAt, messageId };
  }
  const { who, event } = one;
  const properties = inEighths(one.value);
  return sampleEvent({ messageId, environment, unit: who, event, at, receivedAt, properties });
}

/** Integers are the same bit for bit; centred sums as far as the order of addition allows. */
function assertSame(
  actual: readonly ExperimentPartial[],
  expected: readonly ExperimentPartial[],
): void {
  const integers = (rows: readonly ExperimentPartial[]): unknown[] =>
    rows.map(({ moments, ...rest }) => [rest, moments.map((moment) => moment.n)]);
  assert.deepEqual(integers(actual), integers(expected));
  for (const [index, row] of expected.entries()) {
    for (const [metric, moment] of row.moments.entries()) {
      const mine = actual[index]?.moments[metric];
      assert.ok(mine !== undefined);
      assertClose(mine.mean, moment.mean);
      assertClose(mine.m2, moment.m2);
      assertClose(mine.denominator?.m2 ?? 0, moment.denominator?.m2 ?? 0);
      assertClose(mine.denominator?.coMoment ?? 0, moment.denominator?.coMoment ?? 0);
    }
  }
}

function assertClose(actual: number, expected: number): void {
  const allowed = 1e-12 * Math.max(1, Math.abs(expected));
  assert.ok(Math.abs(actual - expected) <= allowed, `${actual} is not ${expected}`);
}

test("a refreshed experiment agrees with one computed anew, whatever arrives, is merged or erased", async () => {
  const kept = { states: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 24 }),
      fc.constantFrom("none" as const, "day" as const),
      async (steps, cut) => {
        const files = new Files();
        // Few events a read, so that larger stores are read some people at a time.
        const states = new ExperimentStates(database, { ...DEFAULT_STATE_LIMITS, eventsARun: 10 });
        let now = START + 10 * HOUR;
        for (const one of steps) {
          if (one.do === "append") {
            now += 5 * HOUR;
            await files.add(one.events.map((event, place) => eventOf(event, now + place * HOUR)));
          } else if (one.do === "merge") {
            if (one.absorb) await states.absorb(() => files.snapshot());
            await files.merge(one.from, one.count, one.byPerson);
          } else if (one.do === "erase") {
            await files.erase(one.who);
          } else {
            // Some look back, some before the newest arrivals: rows of a seen file are new later.
            const query = queryOf(now - 20 * HOUR + one.hours * HOUR, cut);
            const rows = await refreshed(states, query, files);
            if (rows !== null) {
              kept.states += 1;
              assertSame(rows, await computed(query, files));
            }
          }
        }
      },
    ),
    { numRuns: 60 },
  );
  assert.ok(kept.states > 30, `only ${kept.states} answers came from states`);
});

async function history(files: Files, days: number): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    await files.add(
      ["a", "b", "c"].flatMap((who, place) => [
        eventOf(
          { who: `${who}${day}`, when: day * 24 + place, variant: "control", event: "", value: 0 },
          START + (day + 1) * DAY,
        ),
        eventOf(
          {
            who: `${who}${day}`,
            when: day * 24 + place + 2,
            variant: "",
            event: "Order",
            value: 8,
          },
          START + (day + 1) * DAY,
        ),
      ]),
    );
  }
}

/** The Parquet files that a statement names. */
function filesRead(statements: readonly string[]): Set<string> {
  return new Set(statements.flatMap((text) => text.match(/[^'/]+\.parquet/g) ?? []));
}

test("a refresh reads the new files alone, and older ones only where a window begins earlier than they end", async () => {
  const files = new Files();
  const states = new ExperimentStates(database);
  await history(files, 5);
  const asOf = START + 5 * DAY;
  assert.equal(await refreshed(states, queryOf(asOf), files), null);
  assert.notEqual(await refreshed(states, queryOf(asOf), files), null);
  await files.add([
    eventOf({ who: "z", when: 121, variant: "treatment", event: "", value: 0 }, START + 6 * DAY),
    eventOf({ who: "a4", when: 122, variant: "", event: "Visit", value: 0 }, START + 6 * DAY),
  ]);
  database.statements = [];
  const query = queryOf(START + 6 * DAY);
  const rows = await refreshed(states, query, files);
  const newest = files.list.at(-1)?.path.split("/").at(-1);
  assert.deepEqual([...filesRead(database.statements)], [newest]);
  assertSame(rows ?? [], await computed(query, files));

  // An exposure that is reported late, of the fourth day: its file and those after it are read.
  await files.add([
    eventOf({ who: "b3", when: 72, variant: "control", event: "", value: 0 }, START + 6 * DAY + 1),
  ]);
  database.statements = [];
  const later = queryOf(START + 7 * DAY);
  const again = await refreshed(states, later, files);
  const expected = files.list.slice(3).map((file) => file.path.split("/").at(-1) ?? "");
  assert.deepEqual([...filesRead(database.statements)].toSorted(), expected.toSorted());
  assertSame(again ?? [], await computed(later, files));
});

test("new events in the last hour of a window count, and those an hour later do not", async () => {
  const files = new Files();
  const states = new ExperimentStates(database);
  await history(files, 1);
  const asOf = START + DAY;
  for (let time = 0; time < 2; time += 1) await refreshed(states, queryOf(asOf), files);
  // Windows are 48 hours long: that of `a0` opened with hour 0, that of `b0` an hour later.
  const visits = { a0: 47, b0: 49 };
  for (const [who, when] of Object.entries(visits)) {
    const visit = { who, when, variant: "", event: "Visit", value: 0 };
    const query = queryOf(START + (when + 1) * HOUR);
    await files.add([eventOf(visit, query.asOf)]);
    const [row] = (await refreshed(states, query, files)) ?? [];
    assert.equal(Math.round((row?.moments[0]?.mean ?? 0) * 3), 1);
    assertSame(row === undefined ? [] : [row], await computed(query, files));
  }
});

test("a look that stays behind the present is refreshed, too, through merges", async () => {
  const files = new Files();
  const states = new ExperimentStates(database);
  await history(files, 4);
  const behind = (day: number): ExperimentQuery => ({ ...queryOf(START + day * DAY), metrics: [] });
  await refreshed(states, behind(2), files);
  for (const day of [2, 3, 4]) {
    await history(files, day);
    await states.absorb(() => files.snapshot());
    await files.merge(0, 3);
    const rows = await refreshed(states, behind(day), files);
    assert.ok(rows !== null);
    assertSame(rows, await computed(behind(day), files));
  }
});

test("an earlier look, or one from an older view of the files, is left to the whole query", async () => {
  const files = new Files();
  const states = new ExperimentStates(database);
  await history(files, 2);
  const before = files.snapshot();
  await refreshed(states, queryOf(START + 2 * DAY), files);
  assert.notEqual(await refreshed(states, queryOf(START + 2 * DAY), files), null);
  assert.equal(await refreshed(states, queryOf(START + DAY), files), null);
  await history(files, 1);
  assert.notEqual(await refreshed(states, queryOf(START + 9 * DAY), files), null);
  assert.equal(await states.answer(queryOf(START + 9 * DAY), before), null);
});

test("states are few and small: the one used longest ago goes, and one that is too large is not kept", async () => {
  const files = new Files();
  await history(files, 2);
  const states = new ExperimentStates(database, {
    ...DEFAULT_STATE_LIMITS,
    states: 2,
    bytes: 5_000,
  });
  const asOf = START + 2 * DAY;
  const windows = [1, 2, 3].map((windowHours) => ({ ...queryOf(asOf), windowHours }));
  for (const query of [...windows, ...windows]) await refreshed(states, query, files);
  assert.equal(states.size, 2);
  assert.ok(states.bytes > 0 && states.bytes <= 5_000);
  const small = new ExperimentStates(database, { ...DEFAULT_STATE_LIMITS, states: 2, bytes: 100 });
  await refreshed(small, queryOf(asOf), files);
  assert.notEqual(await refreshed(small, queryOf(asOf), files), null);
  assert.equal(small.size, 0);
  assert.equal(await refreshed(small, queryOf(asOf), files), null);
});
