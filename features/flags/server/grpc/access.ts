import { BlockList, isIP } from "node:net";

import type { Metadata } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import type { KeyScope } from "@paceline/command";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { GrpcDependencies, OpenEnvironment } from "./dependencies.ts";

/** Who asks for which flag set. */
export interface Caller {
  readonly workspaceId: string;
  readonly environment: string;
  /** The key's id, or a word for those without one; for limits. */
  readonly id: string;
  readonly name: string;
}

/** Why a call is refused, as gRPC has it. */
export interface Refusal {
  readonly code: status;
  readonly details: string;
}

/** The parts of a call that say who makes it. */
export interface CallOrigin {
  readonly metadata: Metadata;
  getPeer(): string;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");
LOOPBACK.addSubnet("::ffff:127.0.0.0", 104, "ipv6");

/** Whether a peer is on this machine; one on a Unix socket has no address. */
export function isLocalPeer(peer: string): boolean {
  if (peer === "unknown") return true;
  const address = peer.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  const family = isIP(address);
  return family !== 0 && LOOPBACK.check(address, family === 4 ? "ipv4" : "ipv6");
}

function textOf(metadata: Metadata, name: string): string | null {
  const [value] = metadata.get(name);
  if (value === undefined) return null;
  return typeof value === "string" ? value : value.toString("utf8");
}

/** The key of a call; null without one. Another scheme than Bearer is passed on and refused as no key. */
export function keyOf(metadata: Metadata): string | null {
  const apiKey = textOf(metadata, "x-api-key");
  if (apiKey !== null) return apiKey.trim();
  const authorization = textOf(metadata, "authorization");
  return authorization === null ? null : authorization.trim().replace(/^Bearer\s+/i, "");
}

const SELECTED_SET = /^flagSetId=([^/,]+)\/([^,]+)$/;

/** What a selector names; a bare text, for which flagd reads a source, is an environment. */
export type Selected =
  | { readonly kind: "default" }
  | { readonly kind: "set"; readonly workspaceId: string | null; readonly environment: string };

/** @returns null for a selector that names something else */
export function readSelector(selector: string): Selected | null {
  const text = selector.trim();
  if (text === "") return { kind: "default" };
  const [, workspaceId, environment] = SELECTED_SET.exec(text) ?? [];
  if (workspaceId !== undefined && environment !== undefined) {
    return { kind: "set", workspaceId, environment };
  }
  const source = text.replace(/^source=/, "");
  return source.includes("=") ? null : { kind: "set", workspaceId: null, environment: source };
}

function names(selected: Selected, { workspaceId, environment }: OpenEnvironment): boolean {
  return (
    selected.kind === "default" ||
    (selected.environment === environment &&
      (selected.workspaceId === null || selected.workspaceId === workspaceId))
  );
}

const refuse = (code: status, details: string): Result<never, Refusal> => err({ code, details });

/** Who may read the rules may have the values, too. */
function mayUse(scopes: readonly KeyScope[], scope: KeyScope): boolean {
  return scopes.includes(scope) || (scope === "browser" && scopes.includes("evaluate"));
}

async function admitOpen(
  peer: string,
  selected: Selected,
  deps: GrpcDependencies,
): Promise<Result<Caller, Refusal>> {
  const open = isLocalPeer(peer) ? await deps.openEnvironments?.() : [];
  const found = open?.find((one) => names(selected, one));
  if (found !== undefined) return ok({ ...found, id: "open", name: "without a key" });
  if (open !== undefined && open.length > 0) {
    const sets = open.map((one) => `flagSetId=${one.workspaceId}/${one.environment}`).join(", ");
    return refuse(status.PERMISSION_DENIED, `without a key this reads ${sets} only`);
  }
  const details =
    "send an API key as `authorization: Bearer …` or `x-api-key`; it says which flag set you read";
  return refuse(status.UNAUTHENTICATED, details);
}

/**
 * Decides who may read which flag set. A key is bound to one environment, and a selector may only
 * name that.
 */
export async function admit(
  origin: CallOrigin,
  scope: KeyScope,
  selector: string,
  deps: GrpcDependencies,
): Promise<Result<Caller, Refusal>> {
  const selected = readSelector(textOf(origin.metadata, "flagd-selector") ?? selector);
  if (selected === null) {
    const details =
      "the selector must be `flagSetId=<workspace>/<environment>`, or be left out: the key says it";
    return refuse(status.INVALID_ARGUMENT, details);
  }
  const key = keyOf(origin.metadata);
  if (key === null) return admitOpen(origin.getPeer(), selected, deps);
  const identity = await deps.identityOfKey(key);
  if (identity === null || identity.actor.kind !== "key") {
    return refuse(status.UNAUTHENTICATED, "there is no such key, or it was revoked");
  }
  const { actor, workspaceId, environment } = identity;
  if (environment === null || !mayUse(actor.scopes, scope)) {
    const details = `this needs a key of one environment with the scope \`${scope}\``;
    return refuse(status.PERMISSION_DENIED, details);
  }
  if (!names(selected, { workspaceId, environment })) {
    const details = `this key reads flagSetId=${workspaceId}/${environment} and no other flag set`;
    return refuse(status.PERMISSION_DENIED, details);
  }
  return ok({ workspaceId, environment, id: actor.id, name: actor.name });
}
