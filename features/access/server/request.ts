import { type Authenticate, problem } from "@paceline/http";

import { isCrossSite } from "../domain/index.ts";
import type { Client } from "./deps.ts";

type Request = Parameters<Authenticate>[0];

export const SESSION_COOKIE = "paceline_session";

const CROSS_SITE = problem({
  name: "cross-site-request",
  title: "Another site sent this request",
  status: 403,
  detail:
    "Requests that change something are taken from Paceline's own pages only. Behind a proxy, pass the Host header through unchanged. Nothing was changed.",
});

/** @throws Problem 403 if another site made the browser send a request that changes something */
export function refuseCrossSite(request: Request): void {
  const fetchSite = request.headers["sec-fetch-site"];
  const crossSite = isCrossSite({
    method: request.method,
    fetchSite: Array.isArray(fetchSite) ? fetchSite[0] : fetchSite,
    origin: request.headers.origin,
    host: request.headers.host,
  });
  if (crossSite) throw CROSS_SITE;
}

export function clientOf(request: Request): Client {
  return {
    requestId: request.id,
    address: request.ip,
    userAgent: request.headers["user-agent"] ?? "",
    presentedToken: request.cookies[SESSION_COOKIE] ?? null,
  };
}
