import { appendAudit } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { judgeRehearsal, shadowKey } from "../../domain/index.ts";
import type { RehearsalMeasure } from "../../domain/index.ts";
import type { PreparedShadow, RolloutDependencies } from "../dependencies.ts";
import type { RollbackError } from "../errors.ts";
import { findDefinition } from "../repository.ts";
import { insertRehearsal } from "./repository.ts";
import type { Rehearsal } from "./repository.ts";

type Dependencies = Pick<
  RolloutDependencies,
  "flags" | "shadow" | "receipts" | "monotonicMs" | "publish"
>;

interface Place {
  readonly flagKey: string;
  readonly environment: string;
}

const UNITS = Array.from({ length: 100 }, (_, index) => `rehearsal-${index}`);
/** How long a rehearsal waits for receipts. */
const RECEIPTS_LIMIT_MS = 5_000;
const RECEIPTS_STEP_MS = 50;

async function waitForReceipts(
  { receipts, monotonicMs }: Dependencies,
  { workspaceId }: CommandContext,
  environment: string,
  revision: number,
): Promise<Pick<RehearsalMeasure, "clients" | "acknowledged" | "receiptsMs">> {
  const deadline = monotonicMs() + RECEIPTS_LIMIT_MS;
  for (;;) {
    const status = await receipts?.(workspaceId, environment, revision);
    if (status === undefined) return { clients: 0, acknowledged: 0, receiptsMs: null };
    const { expected: clients, acknowledged, p99Ms: receiptsMs } = status;
    if (acknowledged >= clients || monotonicMs() > deadline) {
      return { clients, acknowledged, receiptsMs: clients === 0 ? null : receiptsMs };
    }
    await new Promise((resolve) => setTimeout(resolve, RECEIPTS_STEP_MS));
  }
}

async function effect(
  deps: Dependencies,
  ctx: CommandContext,
  { environment, key, revision }: { environment: string; key: string; revision: number },
): Promise<boolean> {
  try {
    await deps.flags.effective(ctx.workspaceId, environment, key, revision);
    return true;
  } catch {
    return false;
  }
}

async function measureWayBack(
  deps: Dependencies,
  ctx: CommandContext,
  environment: string,
  key: string,
  { target, restored }: PreparedShadow,
): Promise<Result<RehearsalMeasure, RollbackError>> {
  const startedMs = deps.monotonicMs();
  const back = await deps.flags.revert(ctx, {
    flagKey: key,
    environment,
    target,
    reason: "Rehearsal of the way back.",
  });
  if (!back.ok) return back;
  const revision = back.value.toRevision;
  const served = await effect(deps, ctx, { environment, key, revision });
  const effectMs = served ? Math.round(deps.monotonicMs() - startedMs) : null;
  const given = deps.shadow.serves(ctx.workspaceId, environment, key, UNITS);
  const receipts = await waitForReceipts(deps, ctx, environment, revision);
  return ok({
    effectMs,
    probed: UNITS.length,
    restored: given.filter((variant) => variant === restored).length,
    ...receipts,
  });
}

/**
 * Rehearses a flag's way back on a shadow flag: the change is switched on there and taken back by the
 * same commands and over the same streams, and what that took is measured, with connected clients.
 * Nobody's code reads the shadow. The report is kept and audited as a drill; one that passes makes
 * the way back rehearsed.
 */
export async function rehearseRollback(
  deps: Dependencies,
  ctx: CommandContext,
  { flagKey, environment }: Place,
): Promise<Result<Rehearsal, RollbackError>> {
  requirePermission(ctx, "rollout.edit");
  const definition = await findDefinition(ctx.db, ctx.workspaceId, environment, flagKey);
  if (definition === null) return err({ kind: "no-way-back" });
  const flagId = await deps.flags.find(ctx, { flagKey, environment, revision: null });
  if (flagId === null) return err({ kind: "flag-not-found" });
  const key = shadowKey(flagKey);
  const towards = definition.target.kind;
  const prepared = await deps.shadow.prepare(ctx, { shadowKey: key, environment, towards });
  if (!prepared.ok) return err({ kind: "shadow-refused", words: prepared.error });
  await effect(deps, ctx, { environment, key, revision: prepared.value.revision });
  const measured = await measureWayBack(deps, ctx, environment, key, prepared.value);
  if (!measured.ok) return measured;
  const finding = judgeRehearsal(measured.value);
  const { target } = definition;
  const rehearsal = await inTransaction(ctx.db, async (tx) => {
    const { id: auditEntry } = await appendAudit(tx, ctx, {
      action: "rollback.rehearse",
      subject: { kind: "flag", id: flagId },
      detail: {
        key: flagKey,
        environment,
        target: { ...target },
        ...finding,
        measure: { ...measured.value },
      },
    });
    const made: Rehearsal = {
      id: ctx.newId(),
      workspaceId: ctx.workspaceId,
      flagKey,
      environment,
      target,
      measure: measured.value,
      ...finding,
      actor: ctx.actor.name,
      startedAt: ctx.now,
      auditEntry,
    };
    await insertRehearsal(tx, made);
    return made;
  });
  deps.publish(ctx.workspaceId, "rollbacks", { key: flagKey });
  return ok(rehearsal);
}
