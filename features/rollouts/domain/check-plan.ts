import { conditionFaults } from "@paceline/flags/domain";

import { durationMs } from "./duration.ts";
import { checkGuards } from "./guard-check.ts";
import type { GuardSurroundings } from "./guard-check.ts";
import type { RolloutPlan, Stage } from "./plan.ts";
import { windowFaults } from "./window.ts";

/** Something wrong with a plan; the pointer leads to it. */
export interface PlanFault {
  readonly pointer: string;
  readonly detail: string;
}

/** What a plan is checked against. */
export interface PlanSurroundings extends GuardSurroundings {
  /** Role names that an approval may ask for. */
  readonly roles: readonly string[];
}

const MOST_STAGES = 50;
const MOST_WINDOWS = 50;

function holdFaults(
  { hold }: Stage,
  pointer: string,
  { roles, recordsExposure }: PlanSurroundings,
): readonly PlanFault[] {
  const faults: PlanFault[] = [];
  if (hold.time !== null && durationMs(hold.time) === null) {
    faults.push({
      pointer: `${pointer}/hold/time`,
      detail: "must be an ISO 8601 duration of weeks, days, hours, minutes and seconds, as PT4H",
    });
  }
  if (hold.approval !== null && !roles.includes(hold.approval.by)) {
    faults.push({
      pointer: `${pointer}/hold/approval/by`,
      detail: `must be one of ${roles.join(", ")}`,
    });
  }
  if (hold.sample !== null && !recordsExposure) {
    faults.push({
      pointer: `${pointer}/hold/sample`,
      detail: "needs exposures: let the rule record them, or hold for a time instead",
    });
  }
  return faults;
}

function stageFaults(
  stages: readonly Stage[],
  index: number,
  surroundings: PlanSurroundings,
): readonly PlanFault[] {
  const stage = stages[index];
  if (stage === undefined) return [];
  const pointer = `/stages/${index}`;
  const faults: PlanFault[] = [];
  const { exposureShare, id, when } = stage;
  if (!(exposureShare >= 0 && exposureShare <= 1)) {
    faults.push({ pointer: `${pointer}/exposureShare`, detail: "must be from 0 to 1" });
  }
  if (exposureShare < (stages[index - 1]?.exposureShare ?? 0)) {
    faults.push({
      pointer: `${pointer}/exposureShare`,
      detail:
        "must not be less than that of the stage before: going back is what a rollback is for",
    });
  }
  if (stages.findIndex((other) => other.id === id) < index) {
    faults.push({ pointer: `${pointer}/id`, detail: `${id} is the id of another stage` });
  }
  const { time, sample, approval, guards } = stage.hold;
  const holds = time !== null || sample !== null || approval !== null || guards;
  if (!holds && index < stages.length - 1) {
    faults.push({
      pointer: `${pointer}/hold`,
      detail: "must hold for something: the next stage would follow at once",
    });
  }
  if (when !== null) faults.push(...conditionFaults(when, `${pointer}/when`));
  return [...faults, ...holdFaults(stage, pointer, surroundings)];
}

/** Everything that is wrong with a plan by itself; empty when it holds together. */
export function planFaults(
  plan: RolloutPlan,
  surroundings: PlanSurroundings,
): readonly PlanFault[] {
  const { stages, windows, guards } = plan;
  const faults: PlanFault[] = [];
  if (stages.length === 0) faults.push({ pointer: "/stages", detail: "must hold a stage" });
  if (stages.length > MOST_STAGES) {
    faults.push({ pointer: "/stages", detail: `must not be more than ${MOST_STAGES}` });
  }
  if (windows.length > MOST_WINDOWS) {
    faults.push({ pointer: "/windows", detail: `must not be more than ${MOST_WINDOWS}` });
  }
  return [
    ...faults,
    ...stages.flatMap((_, index) => stageFaults(stages, index, surroundings)),
    ...windows.flatMap((window, index) =>
      windowFaults(window).map(({ field, detail }) => ({
        pointer: `/windows/${index}/${field}`,
        detail,
      })),
    ),
    ...checkGuards(guards, surroundings),
  ];
}
