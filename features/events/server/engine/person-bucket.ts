import { createHash } from "node:crypto";

/** Into how many buckets people are spread; a hexadecimal digit names one. */
export const PERSON_BUCKETS = 16;

/**
 * The bucket of a person, 0 to 15: the first hexadecimal digit of the MD5 of workspace, a blank and
 * unit in UTF-8. The dialect says the same in its language; a test holds them together. MD5 spreads
 * here and protects nothing.
 */
export function personBucket(workspace: string, unit: string): number {
  const digest = createHash("md5").update(`${workspace} ${unit}`, "utf8").digest("hex");
  return Number.parseInt(digest.slice(0, 1), PERSON_BUCKETS);
}
