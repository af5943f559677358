import { notFound, problem, staleVersion } from "@paceline/http";
import type { Result } from "@paceline/result";

import type { CreatePlanError } from "../commands/create-plan.ts";
import type { EditPlanError } from "../commands/edit-plan.ts";
import type { PublishPlanError } from "../commands/publish-plan.ts";
import type { RetirePlanError } from "../commands/retire-plan.ts";
import type { SetUnplannedError } from "../commands/set-unplanned.ts";
import type { WritePlanDraftError } from "../commands/write-plan-draft.ts";

export type PlanError =
  | CreatePlanError
  | EditPlanError
  | PublishPlanError
  | RetirePlanError
  | SetUnplannedError
  | WritePlanDraftError;

/** What each refusal is on the wire. */
function toProblem(error: PlanError): Error {
  switch (error.kind) {
    case "plan-not-found":
      return notFound("telemetry plan");
    case "plan-version-not-found":
      return notFound(`version ${error.version} of this plan`);
    case "stale-version":
      return staleVersion(error.current);
    case "plan-name-taken":
      return problem({
        name: "plan-name-taken",
        title: "The name is taken",
        status: 409,
        detail: `There is a plan ${error.name} already. Choose another name, or write a new version of that one. Nothing was changed.`,
      });
    case "event-planned":
      return problem({
        name: "event-planned",
        title: "The event has a plan",
        status: 409,
        detail: `Another plan describes ${error.event === "" ? "this call" : error.event} already. Write a new version of that plan. Nothing was changed.`,
      });
    case "event-unnamed":
      return problem({
        name: "event-unnamed",
        title: "The plan names no event",
        status: 422,
        detail:
          "A track or exposure plan needs the name of its event; identify and group have none. Nothing was changed.",
        errors: [{ pointer: "/event", detail: "must fit the type of the event" }],
      });
    case "no-plan-draft":
      return problem({
        name: "no-plan-draft",
        title: "There is nothing to publish",
        status: 409,
        detail: `The plan ${error.name} has no draft. Write one first. Nothing was changed.`,
      });
    case "unusable-schema":
      return problem({
        name: "unusable-schema",
        title: "The schema cannot be used",
        status: 422,
        detail: `${error.faults.length === 1 ? "One place" : `${error.faults.length} places`} in the schema must change. Nothing was changed.`,
        errors: error.faults.map(({ pointer, reason }) => ({
          pointer: `/schema${pointer}`,
          detail: reason,
        })),
      });
    case "version-too-small":
      return problem({
        name: "plan-version-too-small",
        title: "The version is too small for the change",
        status: 422,
        detail: `The changes need version ${error.required} or a larger step, not ${error.given}. Nothing was changed.`,
        errors: [{ pointer: "/version", detail: `must be ${error.required} or a larger step` }],
        extensions: { required: error.required, changes: error.changes },
      });
  }
}

/** The value of a command's answer. @throws Problem for a refusal */
export function unwrapPlan<T>(result: Result<T, PlanError>): T {
  if (result.ok) return result.value;
  throw toProblem(result.error);
}
