import { isRecord } from "@paceline/flag-eval/client";

import type { Bootstrap } from "./options.ts";

const NAME = "__PACELINE__";

/** What `bootstrapScript` of the Node provider put into this page; undefined if there is none. */
export function readBootstrap(): Bootstrap | undefined {
  const found: unknown = Reflect.get(globalThis, NAME);
  if (!isRecord(found) || !isRecord(found["context"]) || !isRecord(found["flags"]))
    return undefined;
  const { id, revision, context, flags, metadata } = {
    id: found["id"],
    revision: found["revision"],
    context: found["context"],
    flags: found["flags"],
    metadata: found["metadata"],
  };
  if (typeof id !== "string" || typeof revision !== "number") return undefined;
  return { id, revision, context, flags, metadata: isRecord(metadata) ? metadata : {} };
}
