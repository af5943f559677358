import type { Judgement, VerdictReason } from "@paceline/stats";

import type { Analysis, ArmResult, MetricResult, Verdict } from "./analysis-types.ts";
import type { Criterion, Scale } from "./criterion.ts";
import type { LookPosition } from "./look-schedule.ts";
import type { Judged } from "./metric-results.ts";

/** All that a sentence about one arm may name. */
export interface ReasonInput {
  readonly criterion: Criterion;
  readonly judgement: Judgement;
  readonly primary: Judged;
  readonly guardrails: readonly Judged[];
  readonly unmet: readonly string[];
  readonly position: LookPosition;
  readonly srm: Analysis["srm"];
  readonly crossExposure: Analysis["crossExposure"];
}

function digits(value: number, least: number): string {
  const size = Math.abs(value);
  const places = size >= 100 || size === 0 ? 0 : Math.max(least, 1 - Math.floor(Math.log10(size)));
  return size.toFixed(Math.min(places, 6));
}

/** A size without its sign, with its unit: 7.2%, 0.31 percentage points, 1.5. */
export function amount(value: number, scale: Scale, statistic: string): string {
  if (scale === "relative") return `${digits(value * 100, 1)}%`;
  return statistic === "proportion"
    ? `${digits(value * 100, 1)} percentage points`
    : digits(value, 2);
}

function signed(value: number, scale: Scale, statistic: string): string {
  if (!Number.isFinite(value)) return "an open end";
  const sign = value > 0 ? "+" : value < 0 ? "−" : "";
  return `${sign}${amount(value, scale, statistic)}`;
}

/** A metric's key as words at the start of a sentence. */
export function metricWords(key: string): string {
  const words = key.replaceAll(/[_.-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function effectOn({ absolute, relative }: MetricResult, scale: Scale): number {
  const found = scale === "absolute" ? absolute : relative;
  return "undefined" in found ? Number.NaN : found.effect;
}

/** How small a p value is; below what a reader can use it is a bound. */
export function shownP(p: number): string {
  return p < 1e-6 ? "below 0.000001" : Number(p.toPrecision(2)).toString();
}

interface Story {
  readonly name: string;
  /** For example "is up by 7.2%". */
  readonly moved: string;
  /** Ends of the deciding interval, oriented so that larger is better, in words. */
  readonly low: string;
  readonly high: string;
  readonly bar: string;
}

function movedBy(effect: number, scale: Scale, statistic: string): string {
  if (!Number.isFinite(effect)) return "cannot be compared";
  if (effect === 0) return "did not move";
  return `is ${effect > 0 ? "up" : "down"} by ${amount(effect, scale, statistic)}`;
}

function storyOfPrimary({ criterion, primary }: ReasonInput): Story {
  const { metric, scale, statistic, successAtLeast, direction } = criterion.primary;
  const turn = direction === "increase" ? 1 : -1;
  const say = (value: number) => signed(value === 0 ? 0 : turn * value, scale, statistic);
  return {
    name: metricWords(metric),
    moved: movedBy(effectOn(primary.result, scale), scale, statistic),
    low: say(primary.bounds.lower),
    high: say(primary.bounds.upper),
    bar: say(successAtLeast),
  };
}

function guardrailsIn(input: ReasonInput, state: MetricResult["state"]): readonly string[] {
  return input.guardrails.flatMap(({ result }, index) => {
    const rule = input.criterion.guardrails[index];
    if (rule === undefined || result.state !== state) return [];
    const { metric, scale, statistic, margin } = rule;
    const moved = movedBy(effectOn(result, scale), scale, statistic);
    return [`${metricWords(metric)} ${moved} (accepted harm: ${amount(margin, scale, statistic)})`];
  });
}

function names(input: ReasonInput, isNamed: (state: MetricResult["state"]) => boolean): string {
  return input.guardrails
    .filter(({ result }) => isNamed(result.state))
    .map(({ result }) => result.metric)
    .join(", ");
}

function breach(input: ReasonInput): string {
  const breached = input.guardrails
    .map(({ result }, index) => ({ result, rule: input.criterion.guardrails[index] }))
    .filter(({ result, rule }) => result.state === "breached" && rule?.onBreach === "rollback")
    .map(({ result }) => result.metric);
  const all = guardrailsIn(input, "breached").filter((_, index) => index < breached.length);
  return `A guardrail is breached: ${all.join("; ")}. More than the accepted harm is proven.`;
}

function undecided(input: ReasonInput, story: Story): string {
  const { maxDays } = input.criterion.design;
  const left = Math.max(1, Math.ceil(maxDays - input.position.elapsedDays));
  const time = `${left} day${left === 1 ? " is" : "s are"} left`;
  if (input.primary.bounds.lower > input.criterion.primary.successAtLeast) {
    const open = names(input, (state) => state !== "pass");
    return `${story.name} ${story.moved} and beyond the ${story.bar} you asked for, but ${open} is not shown to be safe yet; ${time}.`;
  }
  if (input.primary.result.state === "undefined") {
    return `${story.name} cannot be compared yet: ${whyUndefined(input)}; ${time}.`;
  }
  return `Too early to tell: ${story.name} ${story.moved}, and could be anywhere from ${story.low} to ${story.high}; ${time}.`;
}

const UNDEFINED_WORDS: Readonly<Record<string, string>> = {
  n_below_2: "an arm has fewer than two units",
  zero_variance: "no unit differs from another",
  zero_baseline: "control is zero, so there is no relative change",
  zero_denominator: "the denominator is zero",
};

function whyUndefined({ criterion, primary }: ReasonInput): string {
  const found = primary.result[criterion.primary.scale];
  return "undefined" in found
    ? (UNDEFINED_WORDS[found.undefined] ?? found.undefined)
    : "the interval is open";
}

function noDecision(input: ReasonInput, story: Story): string {
  if (input.primary.result.state === "undefined") {
    return `The timebox is over and ${story.name} cannot be compared: ${whyUndefined(input)}.`;
  }
  return `The timebox is over: ${story.name} ${story.moved}, but could be anywhere from ${story.low} to ${story.high}, so neither success nor failure is shown.`;
}

function positive(input: ReasonInput, story: Story): string {
  const { primary, criterion } = input;
  return primary.bounds.lower > criterion.primary.successAtLeast
    ? `${story.name} ${story.moved} and beyond the ${story.bar} you asked for, but within the timebox ${names(input, (state) => state !== "pass")} was not shown to be safe.`
    : `${story.name} ${story.moved}: better than control, but the cautious end, ${story.low}, does not exceed the ${story.bar} you asked for.`;
}

function reach(story: Story): string {
  return `${story.name} ${story.moved}; even the hopeful end, ${story.high}, is short of the ${story.bar} you asked for.`;
}

function sentence(because: VerdictReason, input: ReasonInput): string {
  const story = storyOfPrimary(input);
  const { validity } = input.criterion;
  switch (because) {
    case "srm":
      return `Units are not split as planned (p = ${shownP(input.srm.p)}, limit ${validity.srmAlpha}): the assignment is broken, so no number of this run can be trusted.`;
    case "cross_exposure":
      return `${amount(input.crossExposure.share, "relative", "")} of the units saw more than one variant (limit ${amount(validity.maxCrossExposure, "relative", "")}), so the arms cannot be compared.`;
    case "guardrail_breached":
      return breach(input);
    case "primary_harm":
      return `${story.name} got worse: it ${story.moved}, and even the hopeful end, ${story.high}, is worse than control.`;
    case "minimums_not_met":
      return `${input.position.timeboxOver ? "The timebox is over and a minimum was not met" : "Too early to judge"}: ${input.unmet.join("; ")}.`;
    case "criterion_met":
      return `${story.name} ${story.moved}; even the cautious end, ${story.low}, is beyond the ${story.bar} you asked for${input.guardrails.length > 0 ? ", and every guardrail passes" : ""}.`;
    case "criterion_out_of_reach":
      return reach(story);
    case "undecided":
      return undecided(input, story);
    case "guardrail_worse_not_shown_tolerable":
      return `The timebox is over and a guardrail got worse without being shown to stay within what you accept: ${guardrailsIn(input, "worse").join("; ")}.`;
    case "positive_but_criterion_or_guardrail_unproven":
      return positive(input, story);
    case "no_decision_in_timebox":
      return noDecision(input, story);
  }
}

/** Why an arm has its verdict, in plain sentences with the numbers that decided. */
export function explain(input: ReasonInput): string {
  const { judgement, criterion } = input;
  const sentences = judgement.reasons.map((because) => sentence(because, input));
  if (judgement.escalateToMarathon) {
    sentences.push(
      `This was iteration ${criterion.iteration} of ${criterion.maxIterations}: the change belongs in a marathon.`,
    );
  }
  return sentences.join(" ");
}

/** The run's reason: that of the arms with its verdict, named where there are several. */
export function explainRun(verdict: Verdict, arms: readonly ArmResult[]): string {
  const telling = arms.filter((arm) => arm.verdict === verdict);
  const [only] = telling;
  if (only === undefined) return "There is no arm to compare with control.";
  const same = telling.every(({ reason }) => reason === only.reason);
  return arms.length === 1 || same
    ? only.reason
    : telling.map(({ arm, reason }) => `${arm}: ${reason}`).join(" ");
}
