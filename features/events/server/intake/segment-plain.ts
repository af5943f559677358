import type { App, PlainAnswer, PlainHead, PlainReader } from "@paceline/http";

import type { MessageType } from "../../domain/index.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import { intakeProblem, UNAVAILABLE } from "./answers.ts";
import { inTurn, MAX_BODY_BYTES } from "./body.ts";
import { isDryRun, keyOfHeaders } from "./caller.ts";
import { CROSS_ORIGIN, JSON_TYPE } from "./plugin.ts";
import { CALLS, take } from "./segment-routes.ts";

/** A call, and the route that would take it. */
interface Asked {
  readonly call: MessageType | "batch";
  readonly route: string;
}

const ASKED: ReadonlyMap<string, Asked> = new Map(
  Object.entries(CALLS).flatMap(([name, call]) => {
    const route = `/v1/${name}`;
    return [route, `${route}/`].map((url) => [url, { call, route }] as const);
  }),
);

/** What clients send; others may be refused by their syntax. */
const TYPES: ReadonlySet<string | undefined> = new Set([
  "application/json",
  "application/json; charset=utf-8",
  "text/plain",
  "text/plain;charset=UTF-8",
]);

const REFUSAL_HEADERS: readonly string[] = Object.entries(CROSS_ORIGIN).flat();
const HEADERS: readonly string[] = [...REFUSAL_HEADERS, "content-type", JSON_TYPE];

/** Whether nothing about it is unusual: events in one of the types that clients name. */
function isUsual({ headers, length }: PlainHead): boolean {
  return (
    length > 0 &&
    length <= MAX_BODY_BYTES &&
    TYPES.has(headers.get("content-type")) &&
    !headers.has("idempotency-key") &&
    !isDryRun(Object.fromEntries(headers))
  );
}

/**
 * Takes the usual calls of Segment's clients from the bytes of their connections. The routes stay for
 * everything unusual: by them, a batch of 100 events costs a fifth more.
 */
export function registerSegmentPlain({ direct }: App, deps: EventRouteDeps): void {
  direct.addPlain((head): PlainReader | null => {
    const asked = ASKED.get(head.url);
    if (asked === undefined || !isUsual(head)) return null;
    const { call, route } = asked;
    const headers = Object.fromEntries(head.headers);
    const sent = { headers, query: {}, key: keyOfHeaders(headers) };
    const taken = ({ body }: { readonly body: string }): PlainAnswer => ({
      status: 200,
      route,
      headers: HEADERS,
      body,
    });
    const refused = (cause: unknown): PlainAnswer => {
      const problem = intakeProblem(cause instanceof Error ? cause : new Error(String(cause)));
      if (problem === UNAVAILABLE) deps.onError?.(cause);
      return direct.plainRefusal(head.url, route, problem.details, REFUSAL_HEADERS);
    };
    return (request) =>
      inTurn(request.take(), (body) => take(deps, call, sent, body)).then(taken, refused);
  });
}
