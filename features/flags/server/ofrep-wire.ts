import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

export const JSON_TYPE = "application/json; charset=utf-8";

/** What pages of other origins may read of an answer. */
export const EXPOSED_HEADERS = "ETag, Retry-After";

/** The JSON of a body, or why it is none. */
export function readJson(
  text: string,
): Result<unknown, { readonly kind: "not-json"; readonly reason: string }> {
  try {
    const value: unknown = JSON.parse(text);
    return ok(value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "the body is not JSON";
    return err({ kind: "not-json", reason });
  }
}
