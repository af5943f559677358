import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction, notify } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import type { Environment, MoveClockError } from "../../domain/index.ts";
import { decideClock } from "../../domain/index.ts";
import { lockEnvironment, updateClock } from "../repository.ts";

/** Told when a replay's clock has moved; the payload is `<workspace id> <environment key>`. */
export const ENVIRONMENT_CLOCK_CHANNEL = "environment_clock";

export type MoveEnvironmentClockError =
  | MoveClockError
  | { readonly kind: "no-such-environment"; readonly key: string };

/** Moves the clock of a replay forward. To where it stands already: nothing changes, nothing is recorded. */
export function moveEnvironmentClock(
  ctx: CommandContext,
  key: string,
  to: Date,
): Promise<Result<Environment, MoveEnvironmentClockError>> {
  requirePermission(ctx, "environment.edit");
  return inTransaction(ctx.db, async (tx) => {
    const environment = await lockEnvironment(tx, ctx.workspaceId, key);
    if (environment === null) return err({ kind: "no-such-environment", key });
    const decision = decideClock(environment, to);
    if (!decision.ok) return decision;
    if (environment.simulatedNow?.getTime() === to.getTime()) return ok(environment);
    await updateClock(tx, environment.id, to);
    await appendAudit(tx, ctx, {
      action: "environment.move-clock",
      subject: { kind: "environment", id: environment.id },
      detail: { key, from: environment.simulatedNow?.toISOString() ?? null, to: to.toISOString() },
    });
    await notify(tx, ENVIRONMENT_CLOCK_CHANNEL, `${ctx.workspaceId} ${key}`);
    return ok({ ...environment, simulatedNow: to });
  });
}
