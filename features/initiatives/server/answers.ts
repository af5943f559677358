import { commandContext, etag } from "@paceline/http";
import type { Result } from "@paceline/result";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";

import type { InitiativeDetail } from "../api.ts";
import type { InitiativeDependencies } from "./dependencies.ts";
import { initiativeProblem } from "./errors.ts";
import type { InitiativeError } from "./errors.ts";
import type { Initiative } from "./repository.ts";
import { initiativeDetail } from "./views.ts";

/** Topic on which open screens learn that an initiative changed. */
export const INITIATIVES_TOPIC = "initiatives";

export const ById = Type.Object({ id: Type.String({ format: "uuid" }) });
export const BASE = "/api/v1/initiatives";

/** The value of a command, or its refusal as a problem. */
export function unwrap<T>(result: Result<T, InitiativeError>): T {
  if (result.ok) return result.value;
  throw initiativeProblem(result.error);
}

/** Answers a changed initiative with its new version and tells open screens. */
export async function answerChange(
  deps: InitiativeDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  initiative: Initiative,
): Promise<InitiativeDetail> {
  const { id, state, version, workspaceId } = initiative;
  deps.publish(workspaceId, INITIATIVES_TOPIC, { id, state, version });
  return answerDetail(deps, request, reply, initiative);
}

/** Answers an initiative with its version. */
export async function answerDetail(
  deps: InitiativeDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  initiative: Initiative,
): Promise<InitiativeDetail> {
  etag(reply, initiative.version);
  return initiativeDetail(deps, commandContext(request), initiative);
}
