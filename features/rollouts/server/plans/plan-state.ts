import type { JsonObject } from "@paceline/audit/server";
import { Value } from "typebox/value";

import type { PlanRun, RolloutPlan } from "../../domain/index.ts";
import { PlanRunSchema, PlanSchema } from "../../plan-api.ts";

/** Reads a kept plan. @throws Error for something else */
export function readPlan(value: unknown): RolloutPlan {
  return Value.Parse(PlanSchema, value);
}

/** Reads the state of a run. @throws Error for one that this version has not written */
export function readPlanRun(value: unknown): PlanRun {
  return Value.Parse(PlanRunSchema, value);
}

/** A value as it is kept in JSON. */
export function toJson(value: object): JsonObject {
  const read: JsonObject = JSON.parse(JSON.stringify(value));
  return read;
}
