import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { ProposeInput } from "../../api.ts";
import { EMPTY_PROPOSAL, propose } from "../../domain/index.ts";
import { actorId, checkRiskDomains, contentDigests, proposalDetail } from "../change.ts";
import type { InitiativeError } from "../errors.ts";
import { insertInitiative, takeNumber, writeArtifacts } from "../repository.ts";
import type { Initiative } from "../repository.ts";

/** Proposes a change, or keeps it as a draft. The proposer owns it unless somebody else is named. */
export function proposeInitiative(
  ctx: CommandContext,
  input: ProposeInput,
): Promise<Result<Initiative, InitiativeError>> {
  requirePermission(ctx, "initiative.edit");
  return inTransaction(ctx.db, async (tx) => {
    const proposal = { ...EMPTY_PROPOSAL, ...input.proposal };
    const domains = await checkRiskDomains(tx, ctx.workspaceId, proposal);
    if (!domains.ok) return domains;
    const proposer = ctx.actor.kind === "person" ? ctx.actor.id : null;
    const draft: Initiative = {
      id: ctx.newId(),
      workspaceId: ctx.workspaceId,
      number: 0,
      title: input.title.trim(),
      summary: input.summary ?? "",
      state: "draft",
      mode: null,
      ownerId: input.ownerId === undefined ? proposer : input.ownerId,
      proposal,
      decisionId: null,
      iterationsRequested: 0,
      verdict: null,
      learning: null,
      createdBy: actorId(ctx.actor),
      createdAt: ctx.now,
      updatedAt: ctx.now,
      version: 1,
    };
    const state = input.draft === true ? ok("draft" as const) : propose(draft);
    if (!state.ok) return state;
    const initiative: Initiative = {
      ...draft,
      state: state.value,
      number: await takeNumber(tx, ctx.workspaceId),
    };
    await insertInitiative(tx, initiative);
    await writeArtifacts(tx, initiative, input.artifacts ?? {}, actorId(ctx.actor), ctx.now);
    await appendAudit(tx, ctx, {
      action: input.draft === true ? "initiative.draft" : "initiative.propose",
      subject: { kind: "initiative", id: initiative.id },
      detail: {
        number: initiative.number,
        owner: initiative.ownerId,
        proposal: proposalDetail(proposal),
        artifacts: contentDigests(input.artifacts ?? {}),
      },
      personal: { title: initiative.title },
    });
    return ok(initiative);
  });
}
