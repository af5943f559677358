import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { completeConfiguration, configurationFaults, phaseWarnings } from "../../domain/index.ts";
import type { ConfigurationInput, Fault, Warning } from "../../domain/index.ts";
import { lockFlag, readDraft, readLatest, writeDraft } from "../repository.ts";
import type { Draft } from "../repository.ts";

export interface EditConfiguration {
  readonly key: string;
  readonly environment: string;
  readonly configuration: ConfigurationInput;
  /** The draft's version that the editor has read, 0 for none; null overwrites whatever is there. */
  readonly version: number | null;
}

/** A draft, with what publishing it would do that a person may not expect. */
export type EditedDraft = Draft & { readonly warnings: readonly Warning[] };

export type EditConfigurationError =
  | { readonly kind: "flag-not-found"; readonly key: string }
  | { readonly kind: "stale-version"; readonly current: number }
  | { readonly kind: "invalid-configuration"; readonly faults: readonly Fault[] };

/** Writes the draft of an environment. Nothing is served before it is published. */
export async function editConfiguration(
  ctx: CommandContext,
  input: EditConfiguration,
): Promise<Result<EditedDraft, EditConfigurationError>> {
  requirePermission(ctx, "flag.edit");
  return inTransaction(ctx.db, async (tx) => {
    const flag = await lockFlag(tx, ctx.workspaceId, input.key);
    if (flag === null) return err({ kind: "flag-not-found", key: input.key });
    const draft = await readDraft(tx, flag.id, input.environment);
    const current = draft?.version ?? 0;
    if (input.version !== null && input.version !== current) {
      return err({ kind: "stale-version", current });
    }
    const published = await readLatest(tx, flag.id, input.environment);
    const earlier = draft?.configuration ?? published?.content?.configuration ?? null;
    const inForce = published?.content?.configuration ?? null;
    const configuration = completeConfiguration(input.configuration, earlier, ctx.newId, inForce);
    const faults = configurationFaults(flag.variants, configuration);
    if (faults.length > 0) return err({ kind: "invalid-configuration", faults });
    const version = await writeDraft(tx, ctx, flag.id, input.environment, configuration);
    await appendAudit(tx, ctx, {
      action: "flag.draft",
      subject: { kind: "flag", id: flag.id },
      detail: { key: flag.key, environment: input.environment, version },
    });
    return ok({ configuration, version, warnings: phaseWarnings(inForce, configuration) });
  });
}
