import {
  Card,
  ErrorState,
  LineSeries,
  Select,
  Skeleton,
  apiClient,
  formatCompact,
  formatNumber,
  formatPercent,
} from "@paceline/web-kit";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { GuardSampleInput, GuardSampleView } from "../../api.ts";
import type { EventMetricSource, Guard } from "../../domain/guard.ts";
import { listWords, shareWords } from "../plan-words.ts";
import { daysWords, marginWords } from "./advice-words.ts";
import type { FormProps } from "./fields.ts";
import { NumberField } from "./NumberField.tsx";

type Advice = GuardSampleView["items"][number];
type Baselines = NonNullable<GuardSampleInput["baselines"]>;
type MetricGuard = Guard & { readonly source: EventMetricSource };

function metricGuards(guards: readonly Guard[]): readonly MetricGuard[] {
  return guards.flatMap((guard) =>
    guard.source.kind === "event-metric" ? [{ ...guard, source: guard.source }] : [],
  );
}

/** What was typed, where it makes a baseline: a mean or ratio needs its variance, too. */
function baselinesOf(typed: Readonly<Record<string, Typed>>): Baselines {
  return Object.fromEntries(
    Object.entries(typed).flatMap(([metric, { value, variance }]) =>
      value === null ? [] : [[metric, { value, ...(variance === null ? {} : { variance }) }]],
    ),
  );
}

type Typed = { readonly value: number | null; readonly variance: number | null };

/** How many units, and days, the guards of the plan need to see the harm that they watch for. */
export function SampleAdvice(props: FormProps) {
  const { guards, environment, stages } = props.form;
  const watched = metricGuards(guards);
  const [chosen, setChosen] = useState<string>();
  const [unitsPerDay, setUnitsPerDay] = useState<number | null>(null);
  const [typed, setTyped] = useState<Readonly<Record<string, Typed>>>({});
  const guard = watched.find(({ id }) => id === chosen) ?? watched[0];
  const shares = [...new Set(stages.map(({ exposureShare }) => exposureShare))];
  const body = {
    environment,
    guards,
    stages: shares.map((exposureShare) => ({ exposureShare })),
    baselines: baselinesOf(typed),
    ...(unitsPerDay === null ? {} : { unitsPerDay }),
  };
  const isAskable =
    shares.length > 0 && shares.every((share) => share >= 0 && share <= 1) && watched.length > 0;
  const query = useQuery({
    queryKey: ["guard-sample", body],
    queryFn: ({ signal }) =>
      apiClient.post<GuardSampleView>("/guards/sample-size", body, { signal }),
    enabled: isAskable,
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (guard === undefined) return null;
  const { metric } = guard.source;
  const own = typed[metric] ?? { value: null, variance: null };
  const items = query.data?.items.filter(({ guardId }) => guardId === guard.id) ?? [];
  return (
    <Card title="Sample" note="what the guards need to see harm">
      <div className="flex flex-col gap-4">
        <div className="grid items-start gap-3 sm:grid-cols-2">
          {watched.length > 1 && (
            <Select
              label="Guard"
              options={watched.map(({ id, name }) => ({ value: id, label: name }))}
              value={guard.id}
              onChange={setChosen}
            />
          )}
          <NumberField
            label="New units a day"
            optional
            placeholder={query.data === undefined ? "" : String(Math.round(query.data.unitsPerDay))}
            hint="Those that the rule admits; without, all of the last 7 days"
            value={unitsPerDay}
            onChange={setUnitsPerDay}
          />
          <NumberField
            label={`${metric} per unit today`}
            optional
            placeholder={baselineWords(items)}
            hint="A rate is read from the last 7 days without it"
            value={own.value}
            onChange={(value) => setTyped({ ...typed, [metric]: { ...own, value } })}
          />
          {(own.variance !== null || items.some(({ why }) => why?.includes("variance"))) && (
            <NumberField
              label="Its variance"
              hint="Of one unit’s value: the square of its standard deviation"
              value={own.variance}
              onChange={(variance) => setTyped({ ...typed, [metric]: { ...own, variance } })}
            />
          )}
        </div>
        {query.isError ? (
          <ErrorState inline error={query.error} />
        ) : query.data === undefined ? (
          <Skeleton className="h-24" />
        ) : (
          <AdviceOf guard={guard} items={items} />
        )}
      </div>
    </Card>
  );
}

function baselineWords(items: readonly Advice[]): string {
  const found = items.find(({ baseline }) => baseline !== null)?.baseline;
  return found === undefined || found === null ? "" : formatNumber(found, 4);
}

function AdviceOf(props: { guard: MetricGuard; items: readonly Advice[] }) {
  const { guard, items } = props;
  const known = items.filter(({ plannedUnits }) => plannedUnits !== null);
  const [first] = known;
  const whys = Map.groupBy(
    items.filter(({ why }) => why !== null),
    ({ why }) => why ?? "",
  );
  return (
    <>
      {first !== undefined && (
        <p className="text-fg2">
          Harm of {marginWords(guard.source)} is proven with {formatPercent(first.power ?? 0, 0)}{" "}
          power once so many units, exposed and held back together, have come; twice the harm by a
          quarter of them.
        </p>
      )}
      {known.length > 0 && (
        <table className="w-full border-collapse text-left tabular-nums">
          <thead>
            <tr className="border-b border-line text-small text-fg2">
              <th scope="col" className="py-1.5 pr-3 font-normal">
                At exposure
              </th>
              <th scope="col" className="py-1.5 pr-3 text-right font-normal">
                Units
              </th>
              <th scope="col" className="py-1.5 pr-3 text-right font-normal">
                Takes
              </th>
              <th scope="col" className="py-1.5 text-right font-normal">
                Twice the harm
              </th>
            </tr>
          </thead>
          <tbody>
            {known.map((item) => (
              <tr key={item.exposureShare} className="border-b border-line last:border-b-0">
                <th scope="row" className="py-1.5 pr-3 font-medium">
                  {shareWords(item.exposureShare)}
                </th>
                <td className="py-1.5 pr-3 text-right">{formatNumber(item.plannedUnits ?? 0)}</td>
                <td className="py-1.5 pr-3 text-right">{daysWords(item.days)}</td>
                <td className="py-1.5 text-right">{daysWords(item.quarterDays)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {first !== undefined && first.otherMargins.length > 1 && (
        <MarginPlot guard={guard} item={first} />
      )}
      {[...whys].map(([why, of]) => (
        <p key={why} className="text-small text-fg2">
          {known.length > 0 &&
            `At ${listWords(of.map(({ exposureShare }) => shareWords(exposureShare)))}: `}
          {why.replaceAll("`", "")}
        </p>
      ))}
    </>
  );
}

/** Half the margin takes four times the units: where a margin becomes too dear. */
function MarginPlot(props: { guard: MetricGuard; item: Advice }) {
  const { guard, item } = props;
  const { source } = guard;
  const words = (margin: number) => marginWords({ ...source, margin });
  return (
    <figure>
      <figcaption className="mb-1 font-medium">Units by the harm that is accepted</figcaption>
      <LineSeries
        title={`At ${shareWords(item.exposureShare)}, harm of ${words(source.margin)} takes ${formatNumber(item.plannedUnits ?? 0)} units; half of it about four times as many.`}
        lines={[
          {
            label: "Units",
            points: item.otherMargins.map(({ margin, plannedUnits }) => ({
              at: margin,
              value: plannedUnits,
            })),
          },
        ]}
        unit="units"
        height={140}
        formatAt={words}
        format={(value) => formatCompact(value)}
      />
    </figure>
  );
}
