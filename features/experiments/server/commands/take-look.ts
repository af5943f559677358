import { appendAudit } from "@paceline/audit/server";
import type { JsonObject } from "@paceline/audit/server";
import { requirePermission } from "@paceline/command";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import type { AnalysisDocument } from "../../api.ts";
import type { ExperimentDependencies } from "../dependencies.ts";
import type { ExperimentError } from "../errors.ts";
import { holdExperiment } from "../hold-experiment.ts";
import { readAnalysis } from "../read-analysis.ts";
import { insertLook, listLooks, updateExperiment } from "../repository.ts";
import type { Experiment, Look } from "../repository.ts";

export interface TakeLook {
  readonly id: string;
  /** Events after this instant do not count. */
  readonly asOf: Date;
  readonly kind: Look["kind"];
}

/** A look and the run after it. */
export interface LookTaken {
  readonly experiment: Experiment;
  readonly look: Look;
}

function auditDetail(experiment: Experiment, asOf: Date, analysis: AnalysisDocument): JsonObject {
  const document: JsonObject = JSON.parse(JSON.stringify(analysis));
  return {
    asOf: asOf.toISOString(),
    criterionSha256: experiment.criterionDigest,
    analysis: document,
  };
}

/**
 * Takes one look on the decision clock: reads the statistics up to `asOf`, applies the verdict's rules
 * and keeps the numbers in the look log and the audit log. Any verdict but `continue` ends the run.
 */
export function takeLook(
  deps: ExperimentDependencies,
  ctx: CommandContext,
  { id, asOf, kind }: TakeLook,
): Promise<Result<LookTaken, ExperimentError>> {
  return inTransaction(ctx.db, async (tx) => {
    requirePermission(ctx, "experiment.start");
    const experiment = await holdExperiment(deps, tx, ctx, id);
    if (experiment === null) return err({ kind: "experiment-not-found" });
    const { startedAt } = experiment;
    if (experiment.state !== "running" || startedAt === null) {
      return err({
        kind: "wrong-experiment-state",
        state: experiment.state,
        needs: "a running experiment",
      });
    }
    const looks = kind === "scheduled" ? await listLooks(tx, experiment) : [];
    const taken = looks.find((look) => look.asOf.getTime() >= asOf.getTime());
    if (taken !== undefined) return err({ kind: "look-taken", look: taken.look });
    const analysis = await readAnalysis(deps, tx, experiment, startedAt, asOf);
    const { id: auditEntry } = await appendAudit(tx, ctx, {
      action: "experiment.look",
      subject: { kind: "experiment", id },
      detail: auditDetail(experiment, asOf, analysis),
    });
    const look: Look = {
      look: analysis.look,
      kind,
      asOf,
      takenAt: ctx.now,
      informationFraction: analysis.informationFraction,
      analysis,
      auditEntry,
    };
    await insertLook(tx, experiment, look);
    const { verdict, reason } = analysis;
    const after =
      verdict === "continue"
        ? experiment
        : await updateExperiment(tx, {
            ...experiment,
            state: "concluded",
            verdict,
            reason,
            endedAt: asOf,
          });
    if (verdict !== "continue") {
      await deps.conclude({ ...ctx, db: tx }, { ...after, verdict, auditEntry });
    }
    deps.publish(ctx.workspaceId, "experiments", { id, look: look.look });
    return ok({ experiment: after, look });
  });
}
