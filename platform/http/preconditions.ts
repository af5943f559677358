import type { FastifyReply, FastifyRequest } from "fastify";

import { problem } from "./problem.ts";

/** Sets the strong entity tag of an object's version. */
export function etag(reply: FastifyReply, version: number | string): void {
  void reply.header("etag", `"${version}"`);
}

/**
 * The version that the caller has read, from `If-Match`.
 *
 * @throws Problem 428 without the header, 400 if it is no version of ours
 */
export function ifMatch(request: FastifyRequest): number {
  const header = request.headers["if-match"];
  if (header === undefined) {
    throw problem({
      name: "precondition-required",
      title: "Say which version you edit",
      status: 428,
      detail: "Send the ETag of the object you read as `If-Match`. Nothing was changed.",
      errors: [{ pointer: "header/if-match", detail: "is required" }],
    });
  }
  const version = /^(?:W\/)?"(\d{1,15})"$/.exec(header.trim())?.[1];
  if (version === undefined) {
    throw problem({
      name: "bad-precondition",
      title: "The version is not readable",
      status: 400,
      detail: "`If-Match` must repeat the ETag that was sent with the object. Nothing was changed.",
      errors: [{ pointer: "header/if-match", detail: "is not an ETag of this object" }],
    });
  }
  return Number(version);
}

/** The answer when somebody else changed the object in between. */
export function staleVersion(current: number): Error {
  return problem({
    name: "stale-version",
    title: "Somebody changed it meanwhile",
    status: 412,
    detail: `The object is at version ${current} now. Read it again and repeat your edit. Nothing was changed.`,
    extensions: { current },
    headers: { etag: `"${current}"` },
  });
}
