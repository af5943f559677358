import type { KeyScope } from "@paceline/command";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

/**
 * What an API key may be used for. `intake` can only write events and `browser` only learns what a context
 * is served, so both may be shown in a web page; `evaluate` reads the rules, and with them whom they name.
 */
export const KEY_SCOPES = [
  "intake",
  "evaluate",
  "browser",
  "metrics",
  "admin",
] as const satisfies readonly KeyScope[];

export type KeyRequest = {
  readonly scopes: readonly KeyScope[];
  /** key of the environment to bind to, null for the whole workspace */
  readonly environment: string | null;
};

export type KeyRequestError =
  | { readonly kind: "no-scope" }
  | { readonly kind: "admin-with-other-scopes" }
  | { readonly kind: "metrics-with-other-scopes" }
  | { readonly kind: "environment-required" }
  | { readonly kind: "environment-not-allowed" };

/**
 * Which keys may exist. A key that a web page carries must never be an admin key, and data of one
 * environment must never be written with the key of another: so intake and evaluation keys are bound to
 * one environment, admin keys to none, and the two never mix. The figures of `/metrics` are those of the
 * process, so a key for them has no environment, and what reads them must not be able to do more.
 */
export function decideKey(request: KeyRequest): Result<KeyRequest, KeyRequestError> {
  const scopes = KEY_SCOPES.filter((scope) => request.scopes.includes(scope));
  if (scopes.length === 0) return err({ kind: "no-scope" });
  if (scopes.includes("admin")) {
    if (scopes.length > 1) return err({ kind: "admin-with-other-scopes" });
    if (request.environment !== null) return err({ kind: "environment-not-allowed" });
  } else if (scopes.includes("metrics")) {
    if (scopes.length > 1) return err({ kind: "metrics-with-other-scopes" });
    if (request.environment !== null) return err({ kind: "environment-not-allowed" });
  } else if (request.environment === null) return err({ kind: "environment-required" });
  return ok({ scopes, environment: request.environment });
}

/** An API key as its holder has it: a public part to look it up by, and the secret. */
export type KeyText = { readonly prefix: string; readonly secret: string };

/** 12 letters and digits, then 256 bits in base64url. The fixed start lets secret scanners find leaked keys. */
const KEY_TEXT = /^pck_([a-z0-9]{12})_([A-Za-z0-9_-]{43})$/;

/** The whole key as it is shown once. */
export function formatKey({ prefix, secret }: KeyText): string {
  return `pck_${prefix}_${secret}`;
}

/** The parts of a key, or null if the text is not one of ours. */
export function parseKey(text: string): KeyText | null {
  const [, prefix, secret] = KEY_TEXT.exec(text) ?? [];
  return prefix === undefined || secret === undefined ? null : { prefix, secret };
}

/** The key of a request, as clients of the supported protocols send it. */
export type KeyHeaders = {
  readonly authorization: string | undefined;
  readonly apiKey: string | undefined;
};

/** What a request says of a key; `malformed` is refused and never taken for none. */
export type KeyCredential =
  | { readonly kind: "none" }
  | { readonly kind: "malformed" }
  | { readonly kind: "key"; readonly key: KeyText };

/**
 * Reads `Authorization: Bearer <key>`, `X-API-Key: <key>`, or the user name of Basic (as Segment's
 * libraries send their write key). Another scheme, or a text that is no key, is malformed: falling back
 * to the session would let a page act with more rights than its caller meant.
 */
export function readKeyCredential(
  headers: KeyHeaders,
  decodeBase64: (text: string) => string,
): KeyCredential {
  const text = keyText(headers, decodeBase64);
  if (text === null) return { kind: "none" };
  const key = parseKey(text);
  return key === null ? { kind: "malformed" } : { kind: "key", key };
}

function keyText(headers: KeyHeaders, decodeBase64: (text: string) => string): string | null {
  if (headers.apiKey !== undefined) return headers.apiKey.trim();
  if (headers.authorization === undefined) return null;
  const [, scheme = "", credential = ""] =
    /^(\S+)\s+(\S+)\s*$/.exec(headers.authorization.trim()) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return credential;
    case "basic":
      return decodeBase64(credential).split(":")[0] ?? "";
    default:
      return "";
  }
}
