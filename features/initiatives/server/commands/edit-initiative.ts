import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { EditInput } from "../../api.ts";
import { edit } from "../../domain/index.ts";
import {
  actorId,
  checkRiskDomains,
  contentDigests,
  openChange,
  proposalDetail,
} from "../change.ts";
import type { InitiativeError } from "../errors.ts";
import { updateInitiative, writeArtifacts } from "../repository.ts";
import type { Initiative, InitiativeChange } from "../repository.ts";

/** An edit of an initiative at the version that its editor has read. */
export interface EditInitiative {
  readonly id: string;
  readonly expectedVersion: number;
  readonly changes: EditInput;
}

/** Edits words, facts or artifacts. New facts void the decision that was made on the old ones. */
export function editInitiative(
  ctx: CommandContext,
  { id, expectedVersion, changes }: EditInitiative,
): Promise<Result<Initiative, InitiativeError>> {
  requirePermission(ctx, "initiative.edit");
  return inTransaction(ctx.db, async (tx) => {
    const opened = await openChange(tx, ctx, id, expectedVersion);
    if (!opened.ok) return opened;
    const before = opened.value;
    const changesFacts = changes.proposal !== undefined || changes.artifacts !== undefined;
    const state = edit(before, changesFacts);
    if (!state.ok) return state;
    const proposal = { ...before.proposal, ...changes.proposal };
    const domains = await checkRiskDomains(tx, ctx.workspaceId, proposal);
    if (!domains.ok) return domains;
    const title = changes.title?.trim() ?? before.title;
    if (title === "" && before.state !== "draft") return err({ kind: "title-missing" });
    const summary = changes.summary ?? before.summary;
    const voided = before.state !== state.value;
    const change: InitiativeChange = {
      title,
      summary,
      proposal,
      state: state.value,
      ...(voided ? { mode: null, decisionId: null } : {}),
    };
    const initiative = await updateInitiative(tx, before, change, ctx.now);
    const artifacts = changes.artifacts ?? {};
    await writeArtifacts(tx, initiative, artifacts, actorId(ctx.actor), ctx.now);
    await appendAudit(tx, ctx, {
      action: "initiative.edit",
      subject: { kind: "initiative", id },
      detail: {
        version: initiative.version,
        fields: Object.keys(changes).toSorted(),
        proposal: proposalDetail(proposal),
        artifacts: contentDigests(artifacts),
        decisionVoided: voided,
      },
      personal: { title },
    });
    return ok(initiative);
  });
}
