import type { IncomingHttpHeaders } from "node:http";

import { problem } from "@paceline/http";
import type { Authenticate } from "@paceline/http";

import type { Receipt } from "../../domain/index.ts";
import type { EventRouteDeps, IntakeCaller } from "../dependencies.ts";

export type Request = Parameters<Authenticate>[0];

/** What the intake needs to know of a request besides its body. */
export interface Sent {
  readonly headers: IncomingHttpHeaders;
  readonly query: unknown;
  /** What `keyOfHeaders` says, where it is known already. */
  readonly key?: string | null;
}

/** Names under which a body may carry the key: Segment's, PostHog's and PostHog's for the browser. */
const BODY_KEYS = ["writeKey", "api_key", "token"] as const;

/** For the reference: these routes look at the key themselves, as it may be in the body. */
export const NEEDS_WRITE_KEY =
  "Needs a key with the scope `intake`: as the user name of Basic, as a bearer token, as `X-API-Key`, or in the body as `writeKey`, `api_key` or `token`.";

/** Key of a request: what its headers name, else its body. */
export function readKey(
  { headers, key = keyOfHeaders(headers) }: Sent,
  body: unknown,
): string | null {
  return key ?? keyOfBody(body);
}

/** `X-API-Key`, Basic user or bearer token. */
export function keyOfHeaders({
  authorization,
  "x-api-key": apiKey,
}: Sent["headers"]): string | null {
  if (typeof apiKey === "string" && apiKey !== "") return apiKey.trim();
  if (authorization === undefined) return null;
  const end = authorization.indexOf(" ");
  const scheme = authorization.slice(0, Math.max(end, 0)).toLowerCase();
  const credential = authorization.slice(end).trim();
  if (credential === "") return null;
  if (scheme === "bearer") return credential;
  if (scheme !== "basic") return null;
  const user = Buffer.from(credential, "base64").toString("utf8").split(":", 1)[0];
  return user === undefined || user === "" ? null : user;
}

function keyOfBody(body: unknown): string | null {
  if (typeof body !== "object" || body === null) return null;
  for (const name of BODY_KEYS) {
    const key: unknown = Reflect.get(body, name);
    if (typeof key === "string" && key !== "") return key;
  }
  return null;
}

/** @throws Problem 401 for a key that may not write events */
export async function findCaller(deps: EventRouteDeps, key: string | null): Promise<IntakeCaller> {
  const caller = key === null ? null : await deps.findCaller(key);
  if (caller !== null) return caller;
  throw problem({
    name: "unknown-write-key",
    title: "The write key is not known",
    status: 401,
    detail:
      "Send a key with the scope `intake` as the user name of Basic, as a bearer token, as `X-API-Key`, or in the body as `writeKey`, `api_key` or `token`. Nothing was stored.",
    // Not Basic, for which browsers would ask the visitor of a page.
    headers: { "www-authenticate": 'Bearer realm="paceline"' },
  });
}

/** What is known of the events of a request before they are read. @throws Problem 403 */
export async function receiptOf(
  deps: EventRouteDeps,
  caller: IntakeCaller,
  request: Sent,
): Promise<Receipt> {
  const environment = caller.environment ?? namedEnvironment(request);
  const time = await deps.findEnvironmentTime(caller.workspaceId, environment);
  if (time === null) {
    throw problem({
      name: "unknown-environment",
      title: "There is no such environment",
      status: 403,
      detail: `The workspace has no environment ${environment}. Nothing was stored.`,
    });
  }
  return {
    workspace: caller.workspaceId,
    environment,
    source: caller.sourceId,
    receivedAt: time.now.getTime(),
    replay: time.replay,
    newMessageId: deps.newId,
    gpc: request.headers["sec-gpc"] === "1",
  };
}

/** Keys of a whole workspace name the environment in the query, as `paceline import` does. */
function namedEnvironment({ query }: Sent): string {
  if (typeof query === "object" && query !== null && "environment" in query) {
    if (typeof query.environment === "string") return query.environment;
  }
  return "production";
}

/**
 * Whether the caller only wants to know what would become of the events. Whoever sends the header in
 * any form but a no does not want them stored.
 */
export function isDryRun(headers: Sent["headers"]): boolean {
  const given = headers["x-paceline-dry-run"];
  if (given === undefined) return false;
  const wish = String(given).trim();
  return wish !== "" && wish !== "0" && wish.toLowerCase() !== "false";
}
