import { readText } from "@paceline/http";
import type {
  App,
  DirectAnswers,
  DirectExchange,
  Identity,
  PlainAnswer,
  PlainHead,
  PlainReader,
} from "@paceline/http";

import { answerBulk, answerSingle, refusal, revisionIn } from "./ofrep-answers.ts";
import type { BulkConditions, OfrepAnswer, OfrepDependencies } from "./ofrep-answers.ts";
import { EXPOSED_HEADERS, JSON_TYPE, readJson } from "./ofrep-wire.ts";

const BULK = "/ofrep/v1/evaluate/flags";
const SINGLE = `${BULK}/`;
/** As the routes have it; more is left to them. */
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_KEY_LENGTH = 100;
/** Keys that are the same in an address and decoded. */
const PLAIN_KEY = /^[A-Za-z0-9._~-]+$/;

/** What is asked for: a flag by its key, or all of them (null). */
interface Asked {
  readonly key: string | null;
  readonly route: string;
}

const ALL: Asked = { key: null, route: BULK };

function askedIn(url: string): Asked | null {
  if (url === BULK || url.startsWith(`${BULK}?`)) return ALL;
  const key = url.slice(SINGLE.length);
  return url.startsWith(SINGLE) && key.length <= MAX_KEY_LENGTH && PLAIN_KEY.test(key)
    ? { key, route: `${SINGLE}:key` }
    : null;
}

/** The headers that count here. Reading all of them into an object would cost as much as an evaluation. */
interface Head {
  readonly authorization?: string;
  readonly "x-api-key"?: string;
  readonly "content-type"?: string;
  readonly "content-length"?: string;
  readonly "if-none-match"?: string;
}

const COUNTED: ReadonlySet<string> = new Set([
  "authorization",
  "x-api-key",
  "content-type",
  "content-length",
  "if-none-match",
] satisfies readonly (keyof Head)[]);
const LENGTHS: ReadonlySet<number> = new Set([...COUNTED].map((name) => name.length));

/** @returns null when a header comes twice: which one counts is left to the routes */
function readHead(raw: readonly string[]): Head | null {
  const head: Record<string, string> = {};
  for (let index = 0; index < raw.length; index += 2) {
    const sent = raw[index] ?? "";
    if (!LENGTHS.has(sent.length)) continue;
    const name = sent.toLowerCase();
    if (!COUNTED.has(name)) continue;
    if (head[name] !== undefined) return null;
    head[name] = raw[index + 1] ?? "";
  }
  return head;
}

/** Whether the body can be read here: JSON of a known, allowed length. */
function isPlain(head: Head): boolean {
  const { "content-type": type, "content-length": length } = head;
  const bytes = Number(length);
  return (
    bytes > 0 && bytes <= MAX_BODY_BYTES && (type === "application/json" || type === JSON_TYPE)
  );
}

/** As `readHead`, from headers of which each came once. */
function pickHead({ headers }: PlainHead): Head {
  const head: Record<string, string> = {};
  for (const name of COUNTED) {
    const value = headers.get(name);
    if (value !== undefined) head[name] = value;
  }
  return head;
}

function mayEvaluate({ actor }: Identity): boolean {
  return (
    actor.kind === "key" && (actor.scopes.includes("browser") || actor.scopes.includes("evaluate"))
  );
}

const CROSS_ORIGIN = [
  "access-control-allow-origin",
  "*",
  "access-control-expose-headers",
  EXPOSED_HEADERS,
] as const;
const PLAIN_HEADERS: readonly string[] = [...CROSS_ORIGIN, "content-type", JSON_TYPE];

function headersOf({ status, etag, retryAfterS }: OfrepAnswer): readonly string[] {
  if (etag === undefined && retryAfterS === undefined) return PLAIN_HEADERS;
  return [
    ...(status === 304 ? CROSS_ORIGIN : PLAIN_HEADERS),
    ...(etag === undefined ? [] : ["etag", etag]),
    ...(retryAfterS === undefined ? [] : ["retry-after", `${retryAfterS}`]),
  ];
}

function conditionsOf({ key }: Asked, head: Head, url: string): BulkConditions {
  const revision = key === null ? revisionIn(url) : null;
  return { ifNoneMatch: head["if-none-match"], revision };
}

const BROKEN = refusal(500, "GENERAL", "the evaluation failed on our side; use the code's default");

/** Answers as the routes of OFREP do, for callers whose key this process knows. */
class OfrepDirect {
  readonly #deps: OfrepDependencies;
  readonly #direct: DirectAnswers;

  constructor(deps: OfrepDependencies, direct: DirectAnswers) {
    this.#deps = deps;
    this.#direct = direct;
  }

  take(exchange: DirectExchange): boolean {
    const { request } = exchange;
    const asked = askedIn(request.url ?? "");
    if (asked === null || request.method !== "POST") return false;
    const head = readHead(request.rawHeaders);
    if (head === null || !isPlain(head)) return false;
    const identity = this.#identityOf(head, request.socket);
    if (identity === null) return false;
    const conditions = conditionsOf(asked, head, request.url ?? "");
    readText(request, (text) => {
      const answer = this.#answer(asked, identity, text, conditions);
      if (answer instanceof Promise) {
        answer.then(
          (one) => this.#send(exchange, asked, one),
          (error: unknown) => {
            this.#deps.onError(error);
            this.#send(exchange, asked, BROKEN);
          },
        );
      } else this.#send(exchange, asked, answer);
    });
    return true;
  }

  /** Who answers the bodies below a head that came plainly. */
  read(plain: PlainHead): PlainReader | null {
    const asked = askedIn(plain.url);
    const head = pickHead(plain);
    if (asked === null || !isPlain(head)) return null;
    const { route } = asked;
    const conditions = conditionsOf(asked, head, plain.url);
    const written = (answer: OfrepAnswer): PlainAnswer => ({
      status: answer.status,
      route,
      headers: headersOf(answer),
      body: answer.text,
      bodyBytes: answer.bytes,
    });
    const broken = (error: unknown): PlainAnswer => {
      this.#deps.onError(error);
      return written(BROKEN);
    };
    const answered = (identity: Identity, text: string): PlainAnswer | Promise<PlainAnswer> => {
      const answer = this.#answer(asked, identity, text, conditions);
      return answer instanceof Promise ? answer.then(written, broken) : written(answer);
    };
    return (request) => {
      const text = request.text();
      const known = this.#identityOf(head, request.connection);
      if (known !== null) return answered(known, text);
      // What is known of a key is read anew from time to time; that is no reason to leave the wire.
      return this.#deps.credentials.identityOfHeaders(head).then(
        (identity) =>
          identity !== null && mayEvaluate(identity) ? answered(identity, text) : null,
        () => null,
      );
    };
  }

  /** Who calls, if this process knows them and they may evaluate; the routes say what is wrong. */
  #identityOf(head: Head, connection: object): Identity | null {
    const identity = this.#deps.credentials.knownIdentity(head, connection);
    return identity !== null && mayEvaluate(identity) ? identity : null;
  }

  #answer(
    { key }: Asked,
    identity: Identity,
    text: string,
    conditions: BulkConditions,
  ): OfrepAnswer | Promise<OfrepAnswer> {
    const body = readJson(text);
    if (!body.ok) return refusal(400, "PARSE_ERROR", body.error.reason, key ?? undefined);
    try {
      if (key !== null) return answerSingle(this.#deps, identity, key, body.value);
      return answerBulk(this.#deps, identity, body.value, conditions);
    } catch (error) {
      this.#deps.onError(error);
      return BROKEN;
    }
  }

  #send(exchange: DirectExchange, { route }: Asked, answer: OfrepAnswer): void {
    const { status, text } = answer;
    this.#direct.send(exchange, route, {
      status,
      headers: headersOf(answer),
      body: text,
    });
  }
}

/** Answers evaluations before the general way of a route, which stays for everything unusual. */
export function registerOfrepDirect(app: App, deps: OfrepDependencies): void {
  const direct = new OfrepDirect(deps, app.direct);
  app.direct.add(BULK, (exchange) => direct.take(exchange));
  app.direct.addPlain((head) => direct.read(head));
}
