import type { CommandContext } from "@paceline/command";
import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";
import type { Result } from "@paceline/result";
import { Type } from "typebox";

import {
  DifferenceSchema,
  EnvironmentKey,
  FlagKey,
  RevisionContentSchema,
  WarningSchema,
} from "../api.ts";
import {
  compileFlag,
  differences,
  phaseWarnings,
  rebucketedRules,
  serverOnly,
} from "../domain/index.ts";
import type { Configuration, RevisionContent } from "../domain/index.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { findNeeded } from "./needs.ts";
import { unwrap } from "./problems.ts";
import type { PublicationDoor } from "./publication-door.ts";
import { digestOf, readDraft, readLatest } from "./repository.ts";
import type { StoredFlag } from "./repository.ts";
import { resolveContent } from "./resolve-content.ts";
import type { ResolveError } from "./resolve-content.ts";
import { mustHaveEnvironment, mustRead } from "./route-guards.ts";

/**
 * What publishing a configuration would put in force now. It holds nothing: what is published in the
 * meantime may change it, which the digest tells.
 */
export async function previewContent(
  { awaitsStart }: Pick<PublicationDoor, "awaitsStart">,
  ctx: CommandContext,
  flag: StoredFlag,
  environment: string,
  configuration: Configuration,
  before: RevisionContent | null,
): Promise<Result<RevisionContent, ResolveError>> {
  const asked = { flag, environment, draft: configuration, before, awaitsStart, holds: false };
  return resolveContent(ctx.db, ctx, asked);
}

const PreviewSchema = Type.Object({
  content: RevisionContentSchema,
  digest: Type.String({ description: "send it along to publish exactly this" }),
  unchanged: Type.Boolean({ description: "whether it is in force already" }),
  differences: Type.Array(DifferenceSchema),
  rebuckets: Type.Array(Type.String(), {
    description: "rules whose units would all be put into new buckets; needs `acceptRebucketing`",
  }),
  warnings: Type.Array(WarningSchema),
  serverOnly: Type.Union(
    [Type.Literal("sticky"), Type.Literal("imported-bucketing"), Type.Null()],
    { description: "why it is left out of the flagd document, null if it is not" },
  ),
  flagd: Type.Unknown({ description: "the flag in flagd's format" }),
});

/** Registers the preview of a publication. */
export function registerPreview(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flags/:key/environments/:environment/preview",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "What publishing the draft would put in force: slots, holdouts, ranges, digest",
        params: Type.Object({ key: FlagKey, environment: EnvironmentKey }),
        response: { 200: PreviewSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { key, environment } = request.params;
      await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      const flag = await mustRead(deps, ctx, key);
      const draft = await readDraft(deps.db, flag.id, environment);
      if (draft === null) return unwrap({ ok: false, error: { kind: "no-draft", environment } });
      const latest = await readLatest(deps.db, flag.id, environment);
      const before = latest?.content ?? null;
      const { configuration } = draft;
      const content = unwrap(
        await previewContent(deps.door, ctx, flag, environment, configuration, before),
      );
      const earlier = before?.configuration ?? null;
      const find = await findNeeded(deps.db, ctx.workspaceId, environment, [content]);
      const digest = digestOf(content);
      return {
        content,
        digest,
        unchanged: before !== null && digestOf(before) === digest,
        differences: [...differences(before ?? {}, content)],
        rebuckets: earlier === null ? [] : [...rebucketedRules(earlier, configuration)],
        warnings: [...phaseWarnings(earlier, configuration)],
        serverOnly: serverOnly(content, find),
        flagd: compileFlag(content, (latest?.revision ?? 0) + 1, find),
      };
    },
  );
}
