import type { Criterion, Metric } from "@paceline/experiments/domain";

/** What a unit may do after it has seen a variant; each outcome happens at most once. */
export interface Outcome {
  /** Event name as `track` sends it. */
  readonly event: string;
  /** Chance by variant, 0 to 1: the truth that the product has to find. */
  readonly chance: Readonly<Record<string, number>>;
  /** It happens within so many hours of the exposure, later ones rarer. */
  readonly withinHours: number;
  /** A numeric property, normally distributed by variant; null for none. */
  readonly amount: {
    readonly property: string;
    readonly mean: Readonly<Record<string, number>>;
    readonly deviation: number;
    readonly least: number;
  } | null;
}

/** What is really true of one metric: treatment minus control on the criterion's scale. */
export interface TrueEffect {
  readonly metric: string;
  readonly role: "primary" | "guardrail";
  readonly scale: "absolute" | "relative";
  readonly effect: number;
}

/** What the product must say about a study while and after it runs. */
export type Expectation = "ship" | "rollback" | "running";

/** A simulated experiment whose true effects are known. */
export interface Study {
  readonly key: string;
  readonly name: string;
  readonly flagKey: string;
  readonly control: string;
  readonly treatment: string;
  /** Key of the initiative that it belongs to. */
  readonly initiative: string;
  readonly unitsPerDay: number;
  readonly outcomes: readonly Outcome[];
  readonly metrics: readonly Metric[];
  readonly criterion: Criterion;
  readonly expected: Expectation;
}

function rate(outcome: Outcome, variant: string): number {
  return outcome.chance[variant] ?? 0;
}

/** Mean of a metric's value per unit of a variant, as the simulator makes it. */
function expectation(study: Study, metric: Metric, variant: string): number {
  const outcome = study.outcomes.find(({ event }) => event === metric.numerator.event);
  if (outcome === undefined) return 0;
  const each = metric.numerator.aggregation === "sum" ? (outcome.amount?.mean[variant] ?? 0) : 1;
  return rate(outcome, variant) * each;
}

/** The true effects of a study, computed from the chances and amounts that the simulator draws with. */
export function trueEffects(study: Study): readonly TrueEffect[] {
  const { primary, guardrails } = study.criterion;
  const watched = [
    { metric: primary.metric, scale: primary.scale, role: "primary" as const },
    ...guardrails.map(({ metric, scale }) => ({ metric, scale, role: "guardrail" as const })),
  ];
  return watched.flatMap(({ metric: key, scale, role }) => {
    const metric = study.metrics.find((known) => known.key === key);
    if (metric === undefined) return [];
    const [before, after] = [study.control, study.treatment].map((variant) =>
      expectation(study, metric, variant),
    );
    if (before === undefined || after === undefined) return [];
    const effect = scale === "relative" ? after / before - 1 : after - before;
    return [{ metric: key, role, scale, effect }];
  });
}
