import { Type } from "typebox";
import { Value } from "typebox/value";

import { changedSet } from "../domain/index.ts";
import type { PublishedSet } from "../domain/index.ts";
import { readContent } from "./repository.ts";
import { unpublishedSet } from "./vendor-operators.ts";

/** What is in force in one environment, as it is kept on the disk. */
const KeptSet = Type.Object({
  workspaceId: Type.String(),
  environment: Type.String(),
  revision: Type.Integer({ minimum: 0 }),
  flags: Type.Array(
    Type.Object({
      revision: Type.Integer({ minimum: 1 }),
      digest: Type.String(),
      /** Canonical JSON, as the digest is over it. */
      content: Type.Unknown(),
    }),
  ),
});
const KeptSets = Type.Array(KeptSet);

/** The sets in a form that can be kept; nothing in it is secret. */
export function keptSets(sets: readonly PublishedSet[]): unknown {
  return sets
    .filter(({ revision }) => revision > 0)
    .map(({ workspaceId, environment, revision, flags }) => ({
      workspaceId,
      environment,
      revision,
      flags: [...flags.values()],
    }));
}

/** Compiles sets that were kept. @throws what the parser throws for something else */
export function restoredSets(kept: unknown): readonly PublishedSet[] {
  return Value.Parse(KeptSets, kept).map(({ workspaceId, environment, revision, flags }) => {
    const changes = new Map(
      flags.map((flag) => {
        const content = readContent(JSON.stringify(flag.content));
        return [content.key, { revision: flag.revision, digest: flag.digest, content }] as const;
      }),
    );
    return changedSet(unpublishedSet(workspaceId, environment), revision, changes);
  });
}
