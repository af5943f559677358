import type { Identity } from "@paceline/http";

import { serveAll } from "../domain/index.ts";
import type { PublishedSet } from "../domain/index.ts";
import { assignedContext, deliverFlag, NOT_RECORDED_WORDS, tell } from "./deliver.ts";
import type { Answered, NotRecorded } from "./deliver.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { namesTag } from "./entity-tag.ts";
import { tagOf } from "./flag-document.ts";
import type { RateLimit } from "./rate-limit.ts";

/** An answer of OFREP, ready to be written. */
export interface OfrepAnswer {
  readonly status: number;
  /** JSON; empty for 304. */
  readonly text: string;
  readonly etag?: string;
  readonly retryAfterS?: number;
}

/** What answers need besides the caller. */
export type OfrepDependencies = FlagRouteDependencies & { readonly limit: RateLimit };

/** Answers of one compiled flag are few and shared: their text is made once. */
const texts = new WeakMap<Answered, string>();

function bodyOf(evaluation: Answered): Record<string, unknown> {
  const { key, value, variant, reason, errorCode, errorMessage, metadata } = evaluation;
  if (errorCode !== undefined) return { key, errorCode, errorDetails: errorMessage, metadata };
  return { key, value, reason, variant, metadata };
}

function textOf(evaluation: Answered): string {
  const known = texts.get(evaluation);
  if (known !== undefined) return known;
  const text = JSON.stringify(bodyOf(evaluation));
  texts.set(evaluation, text);
  return text;
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
  return { status, text: textOf(evaluation) };
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

const tails = new WeakMap<PublishedSet, WeakMap<Identity, string>>();

/** What follows the flags: metadata of the set, and where the caller hears of changes. */
function tailOf(deps: OfrepDependencies, set: PublishedSet, identity: Identity): string {
  const byIdentity = tails.get(set) ?? new WeakMap<Identity, string>();
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
  const tail = `],"metadata":${JSON.stringify(set.document.metadata)}${eventStreams}}`;
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
  const evaluations = serveAll(set, context, at.getTime());
  let text = '{"flags":[';
  let comma = "";
  for (const one of evaluations) {
    tell(deps, one);
    text += comma + textOf(one);
    comma = ",";
  }
  text += tailOf(deps, set, identity);
  // Over the answer and not the revision: another context may well have another answer.
  const etag = tagOf(text);
  return namesTag(conditions.ifNoneMatch, etag)
    ? { status: 304, text: "", etag }
    : { status: 200, text, etag };
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
