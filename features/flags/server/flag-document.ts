import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

import type { PublishedSet } from "../domain/index.ts";

/** What clients that evaluate by themselves are sent, made once for each revision. */
export interface FlagDocument {
  /** flagd JSON, without the flags that only the server can evaluate. */
  readonly text: string;
  /** Strong entity tag of `text`; every process gives the same one. */
  readonly tag: string;
  /** `text`, compressed when it is asked for the first time. */
  readonly compressed: () => Promise<Buffer>;
}

const compress = promisify(gzip);
const documents = new WeakMap<PublishedSet, FlagDocument>();

/** SHA-256, shortened to 162 bits, as an entity tag. */
function tagOf(text: string): string {
  return `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
}

/** The document of a set. Costs the making of a text for the first reader of a revision only. */
export function documentOf(set: PublishedSet): FlagDocument {
  const known = documents.get(set);
  if (known !== undefined) return known;
  const text = JSON.stringify(set.document);
  let compressed: Promise<Buffer> | null = null;
  const made: FlagDocument = {
    text,
    tag: tagOf(text),
    compressed: () => (compressed ??= compress(text)),
  };
  documents.set(set, made);
  return made;
}
