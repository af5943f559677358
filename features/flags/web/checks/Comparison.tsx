import { ErrorState, Notice, SkeletonRows, formatNumber, formatPercent } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { ComparisonView } from "../../compare-api.ts";
import { NoContexts } from "../editor/Reach.tsx";
import type { VariantNames } from "../VariantBar.tsx";
import { FlowPlot } from "./FlowPlot.tsx";
import { comparisonQuery } from "./queries.ts";

function sentenceOf({ flips, evaluated }: ComparisonView): string {
  if (flips.units === 0) return `None of ${formatNumber(evaluated)} recorded units would flip.`;
  return (
    `${formatNumber(flips.units)} of ${formatNumber(evaluated)} recorded units would see another variant: ` +
    `${formatPercent(flips.share)} (${formatPercent(flips.low)} to ${formatPercent(flips.high)}), about ${formatNumber(flips.estimatedUnits)} in all.`
  );
}

/** Last week's real contexts, as things are and as the draft would have them. */
export function Comparison(props: { flagKey: string; environment: string; names: VariantNames }) {
  const { flagKey, environment, names } = props;
  const query = useQuery(comparisonQuery(flagKey, environment));
  return (
    <section aria-label="Compared with last week" className="flex flex-col gap-2">
      <h3 className="font-medium">Compared with last week’s contexts</h3>
      {query.isError && <ErrorState inline error={query.error} />}
      {query.data === undefined ? (
        !query.isError && <SkeletonRows rows={3} />
      ) : query.data.evaluated === 0 ? (
        <NoContexts />
      ) : (
        <ComparisonOf comparison={query.data} names={names} />
      )}
    </section>
  );
}

function ComparisonOf(props: { comparison: ComparisonView; names: VariantNames }) {
  const { comparison, names } = props;
  const { flows, experiments, dependents, cautions } = comparison;
  const sentence = sentenceOf(comparison);
  const hurt = experiments.filter(({ flipped, leaving }) => flipped + leaving > 0);
  return (
    <>
      <p>{sentence}</p>
      <FlowPlot title={sentence} flows={flows} names={names} />
      {hurt.length > 0 && (
        <Notice tone="negative" title="An experiment is running on this flag.">
          {hurt
            .map(
              ({ units, flipped, leaving }) =>
                `${formatNumber(flipped)} of its ${formatNumber(units)} recorded units would change arms, ${formatNumber(leaving)} would leave it.`,
            )
            .join(" ")}
        </Notice>
      )}
      {dependents.length > 0 && (
        <p className="text-fg2">
          {dependents
            .map(
              ({ flag, share }) =>
                `${flag} needs this flag: ${formatPercent(share)} would flip there`,
            )
            .join("; ")}
          .
        </p>
      )}
      {cautions.map((caution) => (
        <p key={caution} className="text-small text-caution">
          {caution.replaceAll("`", "")}
        </p>
      ))}
    </>
  );
}
