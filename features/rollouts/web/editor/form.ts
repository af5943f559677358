import type { Guard, GuardSource } from "../../domain/guard.ts";
import type { Hold, PlanWindow, Stage } from "../../domain/plan.ts";
import type { RolloutDocument, WritePlan } from "../../plan-api.ts";

/** A plan as it is being written. */
export interface PlanForm {
  readonly name: string;
  readonly flagKey: string | null;
  readonly environment: string;
  readonly ruleId: string | null;
  readonly initiativeId: string | null;
  /** The template that the stages came from; null once a stage was written by hand. */
  readonly template: string | null;
  readonly stages: readonly Stage[];
  readonly guards: readonly Guard[];
  readonly windows: readonly PlanWindow[];
}

export const emptyHold: Hold = { time: "P1D", sample: null, approval: null, guards: true };

/** The plan that an existing rollout has, to be edited. */
export function formOf({ name, plan }: RolloutDocument): PlanForm {
  const { flagKey, environment, ruleId, initiativeId, template, stages, guards, windows } = plan;
  return { name, flagKey, environment, ruleId, initiativeId, template, stages, guards, windows };
}

/** What is sent; what was not chosen is left empty, so that the server names it. */
export function bodyOf(form: PlanForm): WritePlan {
  return {
    name: form.name.trim() === "" ? nameOf(form) : form.name.trim(),
    flagKey: form.flagKey ?? "",
    environment: form.environment,
    ruleId: form.ruleId ?? "",
    initiativeId: form.initiativeId,
    template: form.template,
    stages: [...form.stages],
    guards: form.guards,
    windows: [...form.windows],
  };
}

/** The name that a plan gets when nobody gives it one. */
export function nameOf({ flagKey, environment }: PlanForm): string {
  return flagKey === null ? "" : `${flagKey} in ${environment}`;
}

function freeId(prefix: string, taken: readonly { readonly id: string }[]): string {
  const ids = new Set(taken.map(({ id }) => id));
  let place = taken.length + 1;
  while (ids.has(`${prefix}-${place}`)) place += 1;
  return `${prefix}-${place}`;
}

/** Adds a stage half of the way from the last one to everybody. */
export function withStage(form: PlanForm): PlanForm {
  const last = form.stages.at(-1)?.exposureShare ?? 0;
  const exposureShare = last === 0 ? 0.01 : Math.min(1, Math.round((last + 1) * 50) / 100);
  const stage = {
    id: freeId("stage", form.stages),
    name: `${Math.round(exposureShare * 1_000) / 10}%`,
    exposureShare,
    when: null,
    hold: emptyHold,
  };
  return { ...form, template: null, stages: [...form.stages, stage] };
}

export function withStageAt(form: PlanForm, index: number, change: Partial<Stage>): PlanForm {
  const stages = form.stages.map((stage, at) => (at === index ? { ...stage, ...change } : stage));
  return { ...form, template: null, stages };
}

export function withoutStage(form: PlanForm, index: number): PlanForm {
  return { ...form, template: null, stages: form.stages.filter((_, at) => at !== index) };
}

/** A first guard of each kind, to be changed. */
export function newSource(kind: GuardSource["kind"], metric: string): GuardSource {
  const everything = { type: null, event: null };
  switch (kind) {
    case "event-metric":
      return {
        kind,
        metric,
        direction: "increase",
        scale: "relative",
        margin: 0.05,
        windowHours: 24,
        minimumUnits: 500,
      };
    case "series-threshold":
      return {
        kind,
        events: everything,
        measure: { of: "events" },
        per: null,
        who: "everybody",
        bucketSeconds: 60,
        comparison: "above",
        threshold: 10,
        forSeconds: 300,
      };
    case "sample-ratio":
      return { kind };
    case "no-data":
      return { kind, events: everything, expectedPerMinute: null, forSeconds: 600 };
    case "multiple-exposure":
      return { kind, maxShare: 0.01 };
    case "alert":
      return { kind, matchers: [{ label: "severity", operator: "equals", value: "critical" }] };
  }
}

export const sourceNames = {
  "event-metric": "A metric is harmed",
  "series-threshold": "A number crosses a threshold",
  "sample-ratio": "The shares do not match",
  "no-data": "Events stop arriving",
  "multiple-exposure": "Units see two variants",
  alert: "An alert fires",
} as const satisfies Record<GuardSource["kind"], string>;

/** Adds a guard; what proves harm takes back, what only makes numbers worthless holds. */
export function withGuard(form: PlanForm, kind: GuardSource["kind"], metric: string): PlanForm {
  const action = kind === "event-metric" || kind === "alert" ? "roll-back" : "hold";
  const guard: Guard = {
    id: freeId("guard", form.guards),
    name: sourceNames[kind],
    source: newSource(kind, metric),
    action,
  };
  return { ...form, guards: [...form.guards, guard] };
}

export function withGuardAt(form: PlanForm, index: number, change: Partial<Guard>): PlanForm {
  const guards = form.guards.map((guard, at) => (at === index ? { ...guard, ...change } : guard));
  return { ...form, guards };
}

export function withoutGuard(form: PlanForm, index: number): PlanForm {
  return { ...form, guards: form.guards.filter((_, at) => at !== index) };
}

export function hasGuard(form: PlanForm, kind: GuardSource["kind"]): boolean {
  return form.guards.some(({ source }) => source.kind === kind);
}

export function withWindowAt(
  form: PlanForm,
  index: number,
  change: Partial<PlanWindow> | null,
): PlanForm {
  const windows =
    change === null
      ? form.windows.filter((_, at) => at !== index)
      : form.windows.map((window, at) => (at === index ? { ...window, ...change } : window));
  return { ...form, windows };
}

const longestKey = 60;

/** The key of a template of that name: small letters, digits and hyphens; empty if nothing is left. */
export function templateKey(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "")
    .slice(0, longestKey)
    .replace(/-+$/u, "");
}
