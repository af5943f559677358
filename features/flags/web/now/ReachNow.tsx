import { Card, ErrorState, Skeleton, formatNumber } from "@paceline/web-kit";
import type { UseQueryResult } from "@tanstack/react-query";

import type { ReachView } from "../../reach-api.ts";
import { NoContexts, partsOfCounts } from "../editor/Reach.tsx";
import { VariantBar, VariantLegend } from "../VariantBar.tsx";
import type { VariantNames } from "../VariantBar.tsx";

/** The shares of the variants among the units that were really evaluated in the last week. */
export function ReachNow(props: {
  reach: UseQueryResult<ReachView>;
  environment: string;
  names: VariantNames;
}) {
  const { reach, environment, names } = props;
  const { data } = reach;
  return (
    <Card
      title="Who sees what"
      note={
        data === undefined || data.contexts === 0
          ? environment
          : `${formatNumber(data.contexts)} units of the last 7 days in ${environment}, of about ${formatNumber(data.estimatedUnits)}`
      }
    >
      {reach.isError ? (
        <ErrorState inline error={reach.error} />
      ) : data === undefined ? (
        <Skeleton className="h-10" />
      ) : data.contexts === 0 ? (
        <NoContexts />
      ) : (
        <div className="flex flex-col gap-3">
          <VariantBar
            label={`Units in ${environment}`}
            parts={partsOfCounts(data.variants, data.contexts)}
            names={names}
          />
          <VariantLegend parts={partsOfCounts(data.variants, data.contexts)} names={names} />
          {data.cautions.map((caution) => (
            <p key={caution} className="text-small text-caution">
              {caution.replaceAll("`", "")}
            </p>
          ))}
        </div>
      )}
    </Card>
  );
}
