import {
  Badge,
  Button,
  Card,
  ErrorState,
  apiClient,
  asProblem,
  formatCount,
  formatNumber,
} from "@paceline/web-kit";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";

import type { CriterionDocument, MetricDocument, SamplePlanDocument } from "../../api.ts";
import { NumberField } from "./NumberField.tsx";

type Guess = { readonly value: number; readonly deviation: number };

const firstShare = 0.1;
/** The sample does not depend on it, and may be planned before it is written. */
const anyHypothesis = "The sample is planned for the effect below.";

function firstGuess(metric: MetricDocument): Guess {
  return metric.statistic === "proportion"
    ? { value: firstShare, deviation: Number.NaN }
    : { value: 1, deviation: 2 };
}

/** How many units the criterion needs, against what the timebox can hold. */
export function SamplePlanCard(props: {
  criterion: CriterionDocument;
  metrics: readonly MetricDocument[];
  /** Takes the needed units over as the planned ones; absent once the criterion is locked. */
  onPlan?: ((units: number) => void) | undefined;
}) {
  const { criterion, metrics, onPlan } = props;
  const { design, primary, guardrails } = criterion;
  const [guesses, setGuesses] = useState<Readonly<Record<string, Guess>>>({});
  const [daily, setDaily] = useState(() => Math.ceil(design.plannedUnits / design.maxDays));
  const keys = [...new Set([primary.metric, ...guardrails.map(({ metric }) => metric)])];
  const used = keys.flatMap((key) => metrics.find((metric) => metric.key === key) ?? []);
  const guessOf = (metric: MetricDocument) => guesses[metric.key] ?? firstGuess(metric);
  const asked = useDeferredValue({
    criterion: { ...criterion, hypothesis: anyHypothesis },
    unitsPerDay: daily,
    baseline: Object.fromEntries(
      used.map((metric) => {
        const { value, deviation } = guessOf(metric);
        return [
          metric.key,
          metric.statistic === "proportion" ? { value } : { value, variance: deviation ** 2 },
        ];
      }),
    ),
  });
  const plan = useQuery({
    queryKey: ["sample-plan", asked],
    queryFn: ({ signal }) => apiClient.post<SamplePlanDocument>("/sample-plan", asked, { signal }),
    enabled: used.length > 0 && daily > 0,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });
  return (
    <Card
      title="Sample against the timebox"
      actions={
        plan.data !== undefined &&
        !plan.isError && (
          <Badge tone={plan.data.fits ? "positive" : "caution"}>
            {plan.data.fits ? "Fits" : "Does not fit"}
          </Badge>
        )
      }
    >
      <div className="flex flex-col gap-4">
        {plan.data !== undefined && !plan.isError && (
          <Figures plan={plan.data} criterion={criterion} />
        )}
        {plan.data?.requiredUnits != null &&
          !plan.isError &&
          onPlan !== undefined &&
          Math.ceil(plan.data.requiredUnits) !== design.plannedUnits && (
            <PlanButton units={Math.ceil(plan.data.requiredUnits)} onPlan={onPlan} />
          )}
        {plan.isError && <ErrorState inline error={asProblem(plan.error)} />}
        <h3 className="border-t border-line pt-3 font-medium">What you assume of today</h3>
        <NumberField
          label={`New ${criterion.unit}s a day`}
          step={1}
          value={daily}
          onChange={setDaily}
        />
        {used.map((metric) => (
          <Baseline
            key={metric.key}
            metric={metric}
            guess={guessOf(metric)}
            onChange={(guess) => setGuesses({ ...guesses, [metric.key]: guess })}
          />
        ))}
      </div>
    </Card>
  );
}

function PlanButton(props: { units: number; onPlan: (units: number) => void }) {
  const { units, onPlan } = props;
  return (
    <Button small onClick={() => onPlan(units)}>
      Plan for {formatNumber(units)}
    </Button>
  );
}

function Figures(props: { plan: SamplePlanDocument; criterion: CriterionDocument }) {
  const { plan, criterion } = props;
  const { maxDays } = criterion.design;
  return (
    <>
      <dl className="grid grid-cols-2 gap-3">
        <Figure
          label="Needed"
          value={plan.requiredUnits === null ? "unknown" : formatNumber(plan.requiredUnits)}
          detail={`${criterion.unit}s, driven by ${plan.drivenBy}`}
        />
        <Figure
          label="Expected"
          value={formatNumber(plan.expectedUnits)}
          detail={`in ${formatCount(maxDays, "day")}`}
        />
        <Figure
          label="Takes"
          value={plan.daysNeeded === null ? "unknown" : formatCount(plan.daysNeeded, "day")}
          detail={`of at most ${maxDays}`}
        />
      </dl>
      {!plan.fits && plan.waysOut.length > 0 && (
        <div>
          <p className="font-medium">Ways out</p>
          <ul className="mt-1 list-disc pl-4 text-fg2">
            {plan.waysOut.map((way) => (
              <li key={way}>{way}</li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Figure(props: { label: string; value: string; detail: string }) {
  return (
    <div className="flex flex-col">
      <dt className="text-small text-fg2">{props.label}</dt>
      <dd className="text-figure font-semibold tabular-nums">{props.value}</dd>
      <dd className="text-small text-fg2">{props.detail}</dd>
    </div>
  );
}

function Baseline(props: {
  metric: MetricDocument;
  guess: Guess;
  onChange: (guess: Guess) => void;
}) {
  const { metric, guess, onChange } = props;
  const share = metric.statistic === "proportion";
  return (
    <div className="grid grid-cols-2 items-end gap-3">
      <NumberField
        label={`${metric.name} now`}
        factor={share ? 100 : 1}
        after={share ? "%" : undefined}
        value={guess.value}
        onChange={(value) => onChange({ ...guess, value })}
      />
      {!share && (
        <NumberField
          label="Standard deviation"
          value={guess.deviation}
          onChange={(deviation) => onChange({ ...guess, deviation })}
        />
      )}
    </div>
  );
}
