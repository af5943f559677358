import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";

import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { openDatabase } from "@paceline/db";
import { createApp } from "@paceline/http";
import type { App } from "@paceline/http";

import { openEventStore } from "../event-store.ts";
import type { EventStore } from "../event-store.ts";
import { registerIntakeRoutes } from "../intake-routes.ts";
import { SCOPE } from "../sample-events.ts";
import { MAX_BODY_BYTES } from "./body.ts";
import { sendBy, WAYS } from "./request-ways.ts";

const folder = await mkdtemp(join(tmpdir(), "paceline-statuses-"));
const store = await openEventStore({ dataDir: folder });
const db = openDatabase("postgres://127.0.0.1:1/none", () => undefined);
/** What is broken at the moment. */
type Broken = "nothing" | "busy" | "disk" | "store" | "keys";
let broken: Broken = "nothing";
const errors: unknown[] = [];
let app: App;
let origin: string;

const failing: Pick<EventStore, "append"> = {
  async append(events) {
    if (broken === "busy")
      return { ok: false, error: { kind: "backpressure", retryAfterSeconds: 0.4 } };
    if (broken === "disk")
      return { ok: false, error: { kind: "disk-failing", reason: "secret path" } };
    if (broken === "store") throw new TypeError("nobody thought of this");
    return store.append(events);
  },
};
before(async () => {
  ({ app } = await createApp({
    db,
    clock: { now: () => new Date() },
    authenticate: async () => null,
  }));
  let ids = 0;
  registerIntakeRoutes(app, {
    store: { ...store, ...failing } as EventStore,
    async findCaller(key) {
      if (broken === "keys") throw new Error("the database is away");
      if (key !== "good-key" && key !== "lost-key") return null;
      const environment = key === "good-key" ? SCOPE.environment : "lost";
      return { sourceId: key, workspaceId: SCOPE.workspace, environment };
    },
    findEnvironmentTime: async (_workspace, environment) =>
      environment === "lost" ? null : { replay: false, now: new Date() },
    newId: () => `made-${(ids += 1)}`,
    suppression: { suppresses: (event) => event.unit === "erased" },
    onError: (error) => errors.push(error),
  });
  origin = await app.listen({ port: 0, host: "127.0.0.1" });
});
after(async () => {
  await app.close();
  await store.close();
  await db.destroy();
  await rm(folder, { recursive: true, force: true });
});

/** A body whose events would inherit gigabytes of it. */
function inheriting(dialect: DialectRow): Buffer {
  const long = "x".repeat(200_000);
  const many = Array.from({ length: 1_000 }, () => ({ type: "page", userId: "u" }));
  if (dialect.name === "Segment") return json({ context: { long }, batch: many });
  const attributes = [{ key: "long", value: { stringValue: long } }];
  return json({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: many }] }] });
}

interface Event {
  readonly id: string;
  readonly user?: string;
  /** Breaks the one rule that every dialect has. */
  readonly bad?: boolean;
  readonly text?: string;
}

interface DialectRow {
  readonly name: string;
  readonly url: string;
  readonly contentType: string;
  readonly body: (events: readonly Event[]) => Buffer;
  /** The counts that an answer tells: accepted (null where the dialect does not say) and refused. */
  readonly counts: (answer: Buffer) => readonly [number | null, number];
  /** The content type of errors, and whether the body says what is wrong. */
  readonly errorType: RegExp;
  readonly explains: (answer: Buffer) => boolean;
  readonly emptyBody: 200 | 400;
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const parse = (answer: Buffer) => JSON.parse(answer.toString());
const PROBLEM = /^application\/problem\+json/;
const isProblem = (answer: Buffer): boolean =>
  /^https:\/\/paceline.dev\/problems\//.test(parse(answer).type) &&
  parse(answer).detail.length > 20;

function segmentEvent({ id, user = "u1", bad = false, text = "" }: Event): object {
  const identity = bad ? {} : { userId: user };
  return { type: "track", event: "Order", messageId: id, ...identity, properties: { text } };
}

function posthogEvent({ id, user = "u1", bad = false, text = "" }: Event): object {
  return { event: "order", uuid: id, ...(bad ? {} : { distinct_id: user }), properties: { text } };
}

const hex = (id: string): string => Buffer.from(id.padEnd(8, "0").slice(0, 8)).toString("hex");

function span({ id, user = "u1", bad = false, text = "" }: Event): object {
  return {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: bad ? "0000000000000000" : hex(id),
    name: "GET /",
    startTimeUnixNano: "1764240000000000000",
    attributes: [
      { key: "user.id", value: { stringValue: user } },
      { key: "text", value: { stringValue: text } },
    ],
  };
}

/** The same spans in protobuf, written by hand: a second reading of the field numbers. */
function spansInProtobuf(events: readonly Event[]): Buffer {
  const request = new BinaryWriter();
  const open = (field: number) => request.tag(field, WireType.LengthDelimited).fork();
  open(1);
  open(2);
  for (const event of events) {
    const { id, user = "u1", bad = false, text = "" } = event;
    open(2);
    request
      .tag(1, WireType.LengthDelimited)
      .bytes(Buffer.from("0af7651916cd43dd8448eb211c80319c", "hex"));
    request
      .tag(2, WireType.LengthDelimited)
      .bytes(bad ? new Uint8Array(8) : Buffer.from(hex(id), "hex"));
    request.tag(5, WireType.LengthDelimited).string("GET /");
    request.tag(7, WireType.Bit64).fixed64("1764240000000000000");
    for (const [key, value] of [
      ["user.id", user],
      ["text", text],
    ] as const) {
      open(9);
      request.tag(1, WireType.LengthDelimited).string(key);
      open(2);
      request.tag(1, WireType.LengthDelimited).string(value);
      request.join().join();
    }
    // A field of a later version of the protocol.
    request.tag(99, WireType.Varint).uint32(7);
    request.join();
  }
  return Buffer.from(request.join().join().finish());
}

function rejectedInProtobuf(answer: Buffer): number {
  if (answer.length === 0) return 0;
  const reader = new BinaryReader(answer);
  assert.deepEqual(reader.tag(), [1, WireType.LengthDelimited]);
  const partial = new BinaryReader(reader.bytes());
  assert.deepEqual(partial.tag(), [1, WireType.Varint]);
  return Number(partial.int64());
}

const countsInJson = (answer: Buffer): readonly [number, number] => {
  const { accepted, bad, oversize } = parse(answer);
  return [accepted, bad + oversize];
};

const DIALECTS: readonly DialectRow[] = [
  {
    name: "Segment",
    url: "/v1/batch",
    contentType: "text/plain",
    body: (events) => json({ batch: events.map(segmentEvent) }),
    counts: countsInJson,
    errorType: PROBLEM,
    explains: isProblem,
    emptyBody: 400,
  },
  {
    name: "PostHog",
    url: "/batch/",
    contentType: "application/json",
    body: (events) => json({ batch: events.map(posthogEvent) }),
    counts: countsInJson,
    errorType: PROBLEM,
    explains: isProblem,
    emptyBody: 400,
  },
  {
    name: "OTLP in JSON",
    url: "/v1/traces",
    contentType: "application/json",
    body: (events) => json({ resourceSpans: [{ scopeSpans: [{ spans: events.map(span) }] }] }),
    counts: (answer) => [null, Number(parse(answer).partialSuccess?.rejectedSpans ?? 0)],
    errorType: /^application\/json/,
    explains: (answer) => parse(answer).code > 0 && parse(answer).message.length > 20,
    emptyBody: 400,
  },
  {
    name: "OTLP in protobuf",
    url: "/v1/traces",
    contentType: "application/x-protobuf",
    body: spansInProtobuf,
    counts: (answer) => [null, rejectedInProtobuf(answer)],
    errorType: /^application\/x-protobuf/,
    explains(answer) {
      const reader = new BinaryReader(answer);
      const [code] = reader.tag();
      const value = reader.int32();
      const [message] = reader.tag();
      return code === 1 && value > 0 && message === 2 && reader.string().length > 20;
    },
    // Protobuf writes a request without records as nothing.
    emptyBody: 200,
  },
];

interface Call {
  readonly body: Buffer;
  readonly headers?: Record<string, string>;
}

interface FaultRow {
  readonly name: string;
  readonly call: (dialect: DialectRow) => Call;
  readonly broken?: Broken;
  readonly status: (dialect: DialectRow) => number;
  readonly counts?: readonly [number, number];
  readonly retryAfter?: boolean;
}

let made = 0;
/** A new id for each use, so that no row is a duplicate of another. */
const fresh = (): string => `n${(made += 1)}`;
const one = (dialect: DialectRow, parts: Partial<Event> = {}): Buffer =>
  dialect.body([{ id: fresh(), ...parts }]);
const SPACES = Buffer.alloc(MAX_BODY_BYTES + 1, " ");

const FAULTS: readonly FaultRow[] = [
  { name: "one good event", call: (d) => ({ body: one(d) }), status: () => 200, counts: [1, 0] },
  {
    name: "one bad event of two",
    call: (d) => ({ body: d.body([{ id: fresh() }, { id: fresh(), bad: true }]) }),
    status: () => 200,
    counts: [1, 1],
  },
  {
    name: "one event over the size limit",
    call: (d) => ({ body: d.body([{ id: fresh() }, { id: fresh(), text: "x".repeat(300_000) }]) }),
    status: () => 200,
    counts: [1, 1],
  },
  {
    name: "an event that was taken before",
    call(d) {
      const id = fresh();
      return { body: d.body([{ id }, { id }]) };
    },
    status: () => 200,
    counts: [1, 0],
  },
  {
    name: "an event of an erased person",
    call: (d) => ({ body: one(d, { user: "erased" }) }),
    status: () => 200,
    counts: [0, 0],
  },
  {
    name: "gzip without a header",
    call: (d) => ({ body: gzipSync(one(d)) }),
    status: () => 200,
    counts: [1, 0],
  },
  {
    name: "gzip in two members",
    call(d) {
      const body = one(d);
      return { body: Buffer.concat([gzipSync(body.subarray(0, 9)), gzipSync(body.subarray(9))]) };
    },
    status: () => 200,
    counts: [1, 0],
  },
  {
    name: "a body in deflate",
    call: (d) => ({ body: deflateSync(one(d)), headers: { "content-encoding": "deflate" } }),
    status: () => 200,
    counts: [1, 0],
  },
  {
    name: "a body in brotli",
    call: (d) => ({ body: brotliCompressSync(one(d)), headers: { "content-encoding": "br" } }),
    status: () => 200,
    counts: [1, 0],
  },
  {
    name: "a NUL byte and a lone surrogate",
    call: (d) => ({ body: one(d, { text: "a\u0000b\ud800c" }) }),
    status: () => 200,
    counts: [1, 0],
  },
  {
    name: "an unreadable body",
    call: () => ({ body: Buffer.from('{"batch":[') }),
    status: () => 400,
  },
  { name: "an empty body", call: () => ({ body: Buffer.alloc(0) }), status: (d) => d.emptyBody },
  {
    name: "broken gzip",
    call: () => ({ body: Buffer.from([0x1f, 0x8b, 1, 2, 3]) }),
    status: () => 400,
  },
  {
    name: "an unknown compression",
    call: (d) => ({ body: one(d), headers: { "content-encoding": "lzma" } }),
    status: () => 415,
  },
  {
    name: "no key",
    call: (d) => ({ body: one(d), headers: { authorization: "" } }),
    status: () => 401,
  },
  {
    name: "an unknown key",
    call: (d) => ({ body: one(d), headers: { authorization: "Bearer nobody" } }),
    status: () => 401,
  },
  {
    name: "a key of a lost environment",
    call: (d) => ({ body: one(d), headers: { authorization: "Bearer lost-key" } }),
    status: () => 403,
  },
  { name: "more than 4 MB", call: () => ({ body: SPACES }), status: () => 413 },
  {
    name: "more than 4 MB when unzipped",
    call: () => ({ body: gzipSync(SPACES) }),
    status: () => 413,
  },
  {
    name: "backpressure",
    broken: "busy",
    call: (d) => ({ body: one(d) }),
    status: () => 429,
    retryAfter: true,
  },
  {
    name: "a failing disk",
    broken: "disk",
    call: (d) => ({ body: one(d) }),
    status: () => 503,
    retryAfter: true,
  },
  {
    name: "a fault nobody thought of",
    broken: "store",
    call: (d) => ({ body: one(d) }),
    status: () => 503,
    retryAfter: true,
  },
  {
    name: "keys that cannot be looked up",
    broken: "keys",
    call: (d) => ({ body: one(d) }),
    status: () => 503,
    retryAfter: true,
  },
];

async function send(dialect: DialectRow, call: Call): Promise<Response> {
  const body = new Uint8Array(call.body);
  const headers = headersOf(dialect, call);
  return fetch(origin + dialect.url, { method: "POST", body, redirect: "manual", headers });
}

function headersOf({ contentType }: DialectRow, { headers = {} }: Call): Record<string, string> {
  return {
    "content-type": contentType,
    authorization: "Bearer good-key",
    origin: "https://shop.example",
    ...headers,
  };
}

/** Sends the request by one way and holds the answer to the table. */
async function hold(dialect: DialectRow, fault: FaultRow, way: string): Promise<void> {
  const call = fault.call(dialect);
  const { url } = dialect;
  const send = WAYS.get(way) ?? assert.fail(way);
  const { status, headers, body } = await sendBy(send, Number(new URL(origin).port), {
    url,
    headers: headersOf(dialect, call),
    body: call.body,
  });
  assert.equal(status, fault.status(dialect), `${way}: ${body.toString()}`);
  assert.equal(headers.get("access-control-allow-origin"), "*", way);
  assert.equal(headers.get("retry-after"), fault.retryAfter === true ? "1" : null, way);
  assert.equal(headers.get("x-content-type-options"), "nosniff", way);
  assert.equal(headers.get("cache-control"), "no-store", way);
  if (status !== 200) {
    assert.match(headers.get("content-type") ?? "", dialect.errorType, way);
    assert.ok(dialect.explains(body), `${way}: ${body.toString()}`);
    assert.ok(!body.includes("secret path") && !body.includes("nobody thought"), way);
    return;
  }
  const [accepted, refused] = dialect.counts(body);
  if (fault.counts === undefined) return;
  assert.equal(refused, fault.counts[1], way);
  if (accepted !== null) assert.equal(accepted, fault.counts[0], way);
}

for (const dialect of DIALECTS) {
  for (const fault of FAULTS) {
    test(`${dialect.name}: ${fault.name} is answered with ${fault.status(dialect)}, however it comes`, async () => {
      broken = fault.broken ?? "nothing";
      for (const way of WAYS.keys()) await hold(dialect, fault, way);
      broken = "nothing";
    });
  }

  test(`${dialect.name}: a dry run answers event by event and stores nothing`, async () => {
    const [good, bad] = [fresh(), fresh()];
    const body = dialect.body([{ id: good }, { id: bad, bad: true }]);
    const response = await send(dialect, { body, headers: { "x-paceline-dry-run": "1" } });
    const answer = parse(Buffer.from(await response.arrayBuffer()));
    assert.deepEqual([response.status, answer.dryRun, answer.valid], [200, true, false]);
    assert.deepEqual(
      answer.events.map(({ outcome }: { outcome: string }) => outcome),
      ["accepted", "bad"],
    );
    assert.match(answer.events[1].fault.path, /^\//);
    const loudly = {
      body: dialect.body([{ id: good }]),
      headers: { "x-paceline-dry-run": "TRUE" },
    };
    assert.match(await (await send(dialect, loudly)).text(), /"dryRun":true/);
    const real = await send(dialect, { body: dialect.body([{ id: good }]) });
    const [accepted] = dialect.counts(Buffer.from(await real.arrayBuffer()));
    assert.ok(accepted === null || accepted === 1, "the dry run remembered the message");
  });
}

for (const dialect of DIALECTS.filter(
  ({ name }) => name === "Segment" || name === "OTLP in JSON",
)) {
  test(`${dialect.name}: events that would inherit far more than was sent are answered with 413`, async () => {
    const response = await send(dialect, { body: inheriting(dialect) });
    assert.equal(response.status, 413, await response.text());
  });
}

for (const dialect of DIALECTS) {
  test(`${dialect.name}: more events than a body can mean are answered with 413`, async () => {
    const names = { Segment: "batch", PostHog: "batch" } as Readonly<Record<string, string>>;
    const name = names[dialect.name];
    const many = Array.from({ length: 60_000 }, () => ({}));
    const body =
      name === undefined
        ? { resourceSpans: [{ scopeSpans: [{ spans: many }] }] }
        : { [name]: many };
    const headers = { "content-type": "application/json" };
    assert.equal((await send(dialect, { body: json(body), headers })).status, 413);
  });
}

test("what was stored is queryable, NUL bytes and all, and holds nothing of an erased person", async () => {
  await store.flush();
  const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 1_000 });
  assert.ok(rows.length > 20);
  assert.ok(rows.every(({ unit }) => unit !== "erased"));
  const odd = rows.filter(({ properties }) => properties.includes("\\u0000"));
  assert.equal(odd.length, DIALECTS.length * WAYS.size);
});

test("faults that nobody thought of are told to the operator", () => {
  assert.ok(errors.some((error) => error instanceof TypeError));
});
