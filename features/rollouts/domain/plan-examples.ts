import type { Guard, GuardReading } from "./guard.ts";
import type { Hold, RolloutPlan, Stage } from "./plan.ts";

/** Plans for tests of the rules. */
export function examplePlan(parts: Partial<RolloutPlan> = {}): RolloutPlan {
  return {
    flagKey: "checkout",
    environment: "production",
    ruleId: "rule",
    stages: [],
    guards: [],
    initiativeId: null,
    windows: [],
    template: null,
    ...parts,
  };
}

export function exampleStage(exposureShare: number, hold: Partial<Hold> = {}): Stage {
  const held: Hold = { time: null, sample: null, approval: null, guards: false, ...hold };
  return {
    id: `share-${Math.round(exposureShare * 100_000)}`,
    name: `${exposureShare * 100} %`,
    exposureShare,
    when: null,
    hold: held,
  };
}

export function exampleGuard(id: string, action: Guard["action"] = "hold"): Guard {
  return { id, name: `Guard ${id}`, action, source: { kind: "alert", matchers: [] } };
}

export function exampleReading(
  guardId: string,
  verdict: GuardReading["verdict"],
  at: Date,
): GuardReading {
  const when = at.toISOString();
  return {
    guardId,
    verdict,
    reason: `said ${verdict}`,
    numbers: {},
    at: when,
    newestEventAt: when,
  };
}
