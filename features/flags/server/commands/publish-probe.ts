import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import type { Result } from "@paceline/result";

import { PROBE_CONFIGURATION, PROBE_DEFINITION, PROBE_FLAG_KEY } from "../../domain/index.ts";
import type { PublicationDoor } from "../publication-door.ts";
import { readFlag } from "../repository.ts";
import type { Publication } from "../repository.ts";
import { createFlag } from "./create-flag.ts";
import type { CreateFlagError } from "./create-flag.ts";
import { editConfiguration } from "./edit-configuration.ts";
import type { EditConfigurationError } from "./edit-configuration.ts";
import { publishFlag } from "./publish-flag.ts";
import type { PublishFlagError } from "./publish-flag.ts";

export type PublishProbeError = CreateFlagError | EditConfigurationError | PublishFlagError;

/**
 * Publishes the parity probe in an environment, so that clients that are not ours can evaluate it. It
 * is a flag like any other: its steps are commands of their own, each audited, and may be repeated.
 */
export async function publishProbe(
  ctx: CommandContext,
  door: PublicationDoor,
  environment: string,
): Promise<Result<Publication, PublishProbeError>> {
  requirePermission(ctx, "flag.publish");
  const key = PROBE_FLAG_KEY;
  if ((await readFlag(ctx.db, ctx.workspaceId, key)) === null) {
    const created = await createFlag(ctx, PROBE_DEFINITION);
    // Somebody else made it in this moment: that is what was wanted.
    if (!created.ok && created.error.kind !== "key-taken") return created;
  }
  const configuration = PROBE_CONFIGURATION;
  const edited = await editConfiguration(ctx, { key, environment, configuration, version: null });
  if (!edited.ok) return edited;
  return publishFlag(door, ctx, { key, environment, digest: null, acceptRebucketing: true });
}
