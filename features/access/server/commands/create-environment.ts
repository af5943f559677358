import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { requirePermission } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

import type {
  Environment,
  EnvironmentRequest,
  EnvironmentRequestError,
} from "../../domain/index.ts";
import { decideEnvironment } from "../../domain/index.ts";
import { insertEnvironment } from "../repository.ts";

export type CreateEnvironmentError =
  | EnvironmentRequestError
  | { readonly kind: "environment-exists"; readonly key: string };

export function createEnvironment(
  ctx: CommandContext,
  input: EnvironmentRequest & { readonly name: string },
): Promise<Result<Environment, CreateEnvironmentError>> {
  requirePermission(ctx, "environment.edit");
  return inTransaction(ctx.db, async (tx) => {
    const decision = decideEnvironment(input);
    if (!decision.ok) return decision;
    const environment: Environment = {
      id: ctx.newId(),
      workspaceId: ctx.workspaceId,
      key: input.key,
      name: input.name,
      kind: input.kind,
      simulatedNow: input.startsAt,
    };
    if (!(await insertEnvironment(tx, environment, ctx.now)))
      return err({ kind: "environment-exists", key: input.key });
    await appendAudit(tx, ctx, {
      action: "environment.create",
      subject: { kind: "environment", id: environment.id },
      detail: {
        key: input.key,
        kind: input.kind,
        startsAt: input.startsAt === null ? null : input.startsAt.toISOString(),
      },
    });
    return ok(environment);
  });
}
