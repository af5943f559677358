import { createHash } from "node:crypto";

import type { Identity } from "@paceline/http";

import { serveAll } from "../domain/index.ts";
import type { PublishedSet } from "../domain/index.ts";
import { assignedContext, deliverFlag, NOT_RECORDED_WORDS } from "./deliver.ts";
import type { Answered, NotRecorded } from "./deliver.ts";
import type { ServingDependencies } from "./dependencies.ts";
import { namesTag } from "./entity-tag.ts";
import type { RateLimit } from "./rate-limit.ts";

/** An answer of OFREP, ready to be written. */
export interface OfrepAnswer {
  readonly status: number;
  /** JSON; empty for 304. */
  readonly text: string;
  /** Bytes of the text in UTF-8, where they are known. */
  readonly bytes?: number;
  readonly etag?: string;
  readonly retryAfterS?: number;
}

/** What answers need besides the caller. */
export type OfrepDependencies = ServingDependencies & { readonly limit: RateLimit };

/** A part of an answer: its text, and 128 bits of its SHA-256 that make the tag of the whole. */
interface Part {
  readonly text: string;
  readonly bytes: number;
  /** Why the flag was answered so, or its error code. */
  readonly reason: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

function partOf(text: string, reason: string): Part {
  const digest = createHash("sha256").update(text).digest();
  const word = (index: number): number => digest.readInt32LE(index * 4);
  const bytes = Buffer.byteLength(text);
  return { text, bytes, reason, a: word(0), b: word(1), c: word(2), d: word(3) };
}

/** Answers of one compiled flag are few and shared: their text is made once. */
const parts = new WeakMap<Answered, Part>();

function bodyOf(evaluation: Answered): Record<string, unknown> {
  const { key, value, variant, reason, errorCode, errorMessage, metadata } = evaluation;
  if (errorCode !== undefined) return { key, errorCode, errorDetails: errorMessage, metadata };
  return { key, value, reason, variant, metadata };
}

function answeredPart(evaluation: Answered): Part {
  const known = parts.get(evaluation);
  if (known !== undefined) return known;
  const { errorCode, reason } = evaluation;
  const part = partOf(JSON.stringify(bodyOf(evaluation)), errorCode ?? reason);
  parts.set(evaluation, part);
  return part;
}

export function refusal(
  status: number,
  errorCode: string,
  errorDetails: string,
  key?: string,
): OfrepAnswer {
  const body = { ...(key === undefined ? {} : { key }), errorCode, errorDetails };
  return { status, text: JSON.stringify(body) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The request's evaluation context, or what is wrong with it. */
function readContext(body: unknown): Readonly<Record<string, unknown>> | string {
  if (!isRecord(body)) return "the body must be an object with a `context`";
  const context = body["context"];
  if (!isRecord(context)) return "`context` must be an object";
  const key = context["targetingKey"];
  return key === undefined || key === null || typeof key === "string"
    ? context
    : "`targetingKey` must be a text";
}

/** The set that the caller's key is bound to, or a refusal. */
function boundSet(
  { actor, workspaceId, environment }: Identity,
  deps: OfrepDependencies,
  key?: string,
): PublishedSet | OfrepAnswer {
  if (environment === null) {
    return refusal(403, "GENERAL", "use a key that is bound to an environment", key);
  }
  const retryAfterS = deps.limit.take(actor.kind === "service" ? actor.name : actor.id);
  if (retryAfterS > 0) {
    return { ...refusal(429, "GENERAL", "this key evaluates too often", key), retryAfterS };
  }
  return deps.flagSets.get(workspaceId, environment);
}

/** A store that is full for a moment says when to come back, as OFREP has it. */
function unrecorded({ retryAfterS }: NotRecorded, key: string): OfrepAnswer {
  if (retryAfterS === null) return refusal(500, "GENERAL", NOT_RECORDED_WORDS, key);
  return { ...refusal(429, "GENERAL", NOT_RECORDED_WORDS, key), retryAfterS };
}

function delivered(evaluation: Answered): OfrepAnswer {
  const { errorCode } = evaluation;
  const status = errorCode === undefined ? 200 : errorCode === "FLAG_NOT_FOUND" ? 404 : 400;
  const { text, bytes } = answeredPart(evaluation);
  return { status, text, bytes };
}

const HEAD = '{"flags":[';

/** Answers joined to one, with its tag. */
interface Joined {
  readonly text: string;
  readonly bytes: number;
  readonly etag: string;
}

/**
 * Joins the answers of many flags. The tag is made from the digests of the parts, which are known,
 * and not from the text. It is over the answer and not the revision: another context may well have
 * another answer. Each word is mixed by itself, in the order of the parts: multiply, then turn (as
 * murmur3 does).
 */
function joinParts(parts: readonly Part[], tail: Part): Joined {
  let text = HEAD;
  let comma = "";
  let bytes = HEAD.length + Math.max(0, parts.length - 1) + tail.bytes;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (const part of parts) {
    text += comma;
    text += part.text;
    comma = ",";
    bytes += part.bytes;
    a = mixed(a, part.a, FACTOR_A);
    b = mixed(b, part.b, FACTOR_B);
    c = mixed(c, part.c, FACTOR_C);
    d = mixed(d, part.d, FACTOR_D);
  }
  const hex = (word: number): string => (word >>> 0).toString(36);
  const tag = [
    mixed(a, tail.a, FACTOR_A),
    mixed(b, tail.b, FACTOR_B),
    mixed(c, tail.c, FACTOR_C),
    mixed(d, tail.d, FACTOR_D),
  ];
  return { text: text + tail.text, bytes, etag: `"${tag.map(hex).join("-")}"` };
}

const FACTOR_A = 0x85ebca6b;
const FACTOR_B = 0xc2b2ae35;
const FACTOR_C = 0xcc9e2d51;
const FACTOR_D = 0x1b873593;

function mixed(hash: number, word: number, factor: number): number {
  const product = Math.imul(hash ^ word, factor);
  return Math.imul((product << 13) | (product >>> 19), 5) + 0x6b64;
}

interface Evaluated {
  readonly set: PublishedSet;
  readonly context: Readonly<Record<string, unknown>>;
}

type Later<T> = T | Promise<T>;

function singleAt(
  deps: OfrepDependencies,
  { set, context }: Evaluated,
  key: string,
  at: Date,
): Later<OfrepAnswer> {
  const result = deliverFlag(deps, set, key, context, at);
  if (result instanceof Promise) {
    return result.then((one) => (one.ok ? delivered(one.value) : unrecorded(one.error, key)));
  }
  return result.ok ? delivered(result.value) : unrecorded(result.error, key);
}

/** Evaluates one flag. Answers at once where nothing has to be waited for. */
export function answerSingle(
  deps: OfrepDependencies,
  identity: Identity,
  key: string,
  body: unknown,
): Later<OfrepAnswer> {
  const set = boundSet(identity, deps, key);
  if ("status" in set) return set;
  const context = readContext(body);
  if (typeof context === "string") return refusal(400, "INVALID_CONTEXT", context, key);
  const at = deps.environmentNow(set.workspaceId, set.environment);
  return at instanceof Date
    ? singleAt(deps, { set, context }, key, at)
    : at.then((now) => singleAt(deps, { set, context }, key, now));
}

/** A client that hides its page, or is in the background, may close the stream after this long. */
const INACTIVITY_S = 120;

const tails = new WeakMap<PublishedSet, WeakMap<Identity, Part>>();

/** What follows the flags: metadata of the set, and where the caller hears of changes. */
function tailOf(deps: OfrepDependencies, set: PublishedSet, identity: Identity): Part {
  const byIdentity = tails.get(set) ?? new WeakMap<Identity, Part>();
  tails.set(set, byIdentity);
  const known = byIdentity.get(identity);
  if (known !== undefined) return known;
  const ticket = deps.credentials.ticketOf(identity);
  const streams =
    ticket === null
      ? []
      : [
          {
            type: "sse",
            endpoint: { requestUri: `/ofrep/v1/stream?ticket=${encodeURIComponent(ticket)}` },
            inactivityDelaySec: INACTIVITY_S,
          },
        ];
  const eventStreams = streams.length === 0 ? "" : `,"eventStreams":${JSON.stringify(streams)}`;
  const metadata = JSON.stringify(set.document.metadata);
  const tail = partOf(`],"metadata":${metadata}${eventStreams}}`, "");
  byIdentity.set(identity, tail);
  return tail;
}

/** What a client says that it already has, and what an event stream told it of. */
export interface BulkConditions {
  readonly ifNoneMatch: string | undefined;
  /** The revision that the client was told of; null unless a stream made it ask. */
  readonly revision: number | null;
}

function bulkAt(
  deps: OfrepDependencies,
  { set, context }: Evaluated,
  identity: Identity,
  conditions: BulkConditions,
  at: Date,
): Later<OfrepAnswer> {
  deps.contexts.offer(set.workspaceId, set.environment, context, at);
  deps.usage.evaluatedAll(set.workspaceId, set.environment, at);
  const full = assignedContext(deps, set, null, context, at);
  return full instanceof Promise
    ? full.then((assigned) => bulkOf(deps, { set, context: assigned }, identity, conditions, at))
    : bulkOf(deps, { set, context: full }, identity, conditions, at);
}

function bulkOf(
  deps: OfrepDependencies,
  { set, context }: Evaluated,
  identity: Identity,
  conditions: BulkConditions,
  at: Date,
): OfrepAnswer {
  const answered = serveAll(set, context, at.getTime()).map(answeredPart);
  deps.onAllEvaluated?.(answered.map(({ reason }) => reason));
  const { text, bytes, etag } = joinParts(answered, tailOf(deps, set, identity));
  return namesTag(conditions.ifNoneMatch, etag)
    ? { status: 304, text: "", etag }
    : { status: 200, text, bytes, etag };
}

/** Evaluates every flag; nobody is exposed. A node that is behind what the client knows catches up. */
export function answerBulk(
  deps: OfrepDependencies,
  identity: Identity,
  body: unknown,
  conditions: BulkConditions,
): Later<OfrepAnswer> {
  const set = boundSet(identity, deps);
  if ("status" in set) return set;
  const context = readContext(body);
  if (typeof context === "string") return refusal(400, "INVALID_CONTEXT", context);
  const { revision } = conditions;
  const at = deps.environmentNow(set.workspaceId, set.environment);
  if (at instanceof Date && (revision === null || set.revision >= revision)) {
    return bulkAt(deps, { set, context }, identity, conditions, at);
  }
  const { workspaceId, environment } = set;
  return Promise.all([at, deps.flagSets.catchUp(workspaceId, environment, revision)]).then(
    ([now, newer]) => bulkAt(deps, { set: newer, context }, identity, conditions, now),
  );
}

const REVISION = /[?&]flagConfigEtag=(\d{1,15})(?:&|$)/;

/** The revision that a stream told the client of, from the address that it asks. */
export function revisionIn(url: string): number | null {
  const revision = url.includes("?") ? REVISION.exec(url)?.[1] : undefined;
  return revision === undefined ? null : Number(revision);
}
