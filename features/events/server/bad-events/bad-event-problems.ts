import { notFound, problem, staleVersion } from "@paceline/http";
import type { Result } from "@paceline/result";

import type { MappingError } from "../commands/save-mapping.ts";
import type { StartBadEventRunError } from "../commands/start-bad-event-run.ts";

export type BadEventError = MappingError | StartBadEventRunError;

function toProblem(error: BadEventError): Error {
  switch (error.kind) {
    case "mapping-not-found":
      return notFound("mapping");
    case "stale-version":
      return staleVersion(error.current);
    case "unusable-edits":
      return problem({
        name: "unusable-edits",
        title: "An edit cannot be made",
        status: 422,
        detail: `${error.faults[0]?.reason ?? "An edit cannot be made"}. Nothing was changed.`,
        errors: error.faults.map(({ index, reason }) => ({
          pointer: `/edits/${index}`,
          detail: reason,
        })),
      });
    case "mapping-too-long":
      return problem({
        name: "mapping-too-long",
        title: "The mapping ends too late",
        status: 422,
        detail: `A mapping may be kept for ${error.days} days; it can be prolonged then. Nothing was changed.`,
        errors: [{ pointer: "/endsAt", detail: `must be within ${error.days} days` }],
      });
    case "run-under-way":
      return problem({
        name: "bad-event-run-under-way",
        title: "The group is being worked on",
        status: 409,
        detail:
          "A replay or dismissal of this group is running. Wait for its end. Nothing was changed.",
      });
  }
}

/** The value of a command's answer. @throws Problem for a refusal */
export function unwrapBad<T>(result: Result<T, BadEventError>): T {
  if (result.ok) return result.value;
  throw toProblem(result.error);
}
