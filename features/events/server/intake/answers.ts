import { Problem, problem } from "@paceline/http";
import type { FastifyError } from "fastify";

import type { DryRunAnswer, IntakeAnswer } from "../../api.ts";
import type { AppendRefusal } from "../event-store.ts";
import type { Judgement, Taken } from "./pipeline.ts";

/** Enough to see a pattern; more would make the answer larger than the batch. */
const SHOWN_FAULTS = 20;

/** The store did not take the events of a request; every client sends them again. */
export function refused(refusal: AppendRefusal): Problem {
  if (refusal.kind === "backpressure") {
    return problem({
      name: "events-backpressure",
      title: "Too many events wait",
      status: 429,
      detail: "Events arrive faster than they are stored. Nothing was taken; send it again.",
      headers: { "retry-after": String(Math.max(1, Math.ceil(refusal.retryAfterSeconds))) },
    });
  }
  return UNAVAILABLE;
}

/** Also for faults nobody thought of: OTLP's exporters drop what is answered with 500. */
export const UNAVAILABLE = problem({
  name: "events-unavailable",
  title: "Events cannot be stored now",
  status: 503,
  detail: "The storage does not take the events. Nothing was acknowledged; send it again.",
  headers: { "retry-after": "1" },
});

/** Any fault of an intake route as an answer that every client family understands. */
export function intakeProblem(error: FastifyError | Error): Problem {
  if (error instanceof Problem) return error.details.status === 500 ? UNAVAILABLE : error;
  const status = "statusCode" in error ? error.statusCode : undefined;
  if (status === 413) {
    return problem({
      name: "too-large",
      title: "The body is too large",
      status: 413,
      detail: "The body is larger than 4 MB. Nothing was stored; send smaller batches.",
    });
  }
  if (status === undefined || status >= 500) return UNAVAILABLE;
  return problem({
    name: "unreadable-events",
    title: "The request is not readable",
    status,
    detail: `${error.message}. Nothing was stored.`,
  });
}

export function answerOf(taken: Taken): IntakeAnswer {
  return { success: true, ...taken, faults: taken.faults.slice(0, SHOWN_FAULTS) };
}

export function dryRunAnswer(judgements: readonly Judgement[]): DryRunAnswer {
  const events = judgements.map(({ index, outcome, fault }) => ({
    index,
    outcome,
    fault: fault === null ? null : withoutIndex(fault),
  }));
  return { dryRun: true, valid: events.every(({ outcome }) => outcome === "accepted"), events };
}

function withoutIndex({ kind, path, reason, plan }: NonNullable<Judgement["fault"]>): {
  kind: "invalid" | "oversize" | "plan";
  path: string;
  reason: string;
  plan: string | null;
} {
  return { kind, path, reason, plan };
}
