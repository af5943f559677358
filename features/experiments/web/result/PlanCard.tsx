import type { InitiativeDetail } from "@paceline/initiatives/api";
import {
  Card,
  KeyValues,
  Meter,
  Person,
  TextLink,
  formatDate,
  formatNumber,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { ExperimentDetail } from "../../api.ts";
import { membersQuery, useEnvironmentNow } from "../queries.ts";
import { dayWords } from "../timebox.ts";

const dayMs = 86_400_000;

/** Who answers for it, how much of the timebox is used, and what it belongs to. */
export function PlanCard(props: {
  experiment: ExperimentDetail;
  initiative: InitiativeDetail | undefined;
}) {
  const { experiment, initiative } = props;
  const { criterion, environment, flagKey, startedAt, endsAt, state } = experiment;
  const members = useQuery(membersQuery);
  const now = useEnvironmentNow()(environment);
  const owner = members.data?.items.find(({ id }) => id === initiative?.ownerId);
  const { maxDays, plannedUnits } = criterion.design;
  const used = startedAt === null ? 0 : (now - Date.parse(startedAt)) / dayMs;
  const words = state === "running" ? dayWords(experiment, now) : `${maxDays} days`;
  const fraction = experiment.looks.at(-1)?.analysis.informationFraction ?? 0;
  return (
    <Card title="Plan">
      <KeyValues
        narrow
        items={[
          ...(owner === undefined ? [] : [{ key: "Owner", value: <Person name={owner.name} /> }]),
          {
            key: "Timebox",
            value: (
              <span className="flex flex-col gap-1.5">
                <span className="flex justify-between gap-2">
                  <span>{words}</span>
                  {endsAt !== null && state === "running" && (
                    <span className="text-fg3">ends {formatDate(endsAt)}</span>
                  )}
                </span>
                {state === "running" && (
                  <Meter
                    label={`Timebox, ${words ?? ""}`}
                    value={Math.max(0, used)}
                    max={maxDays}
                    tone="sprint"
                  />
                )}
              </span>
            ),
          },
          {
            key: "Sample",
            value: (
              <span className="flex flex-col gap-1.5">
                {formatNumber(fraction * 100)}% of {formatNumber(plannedUnits)} {criterion.unit}s
                <Meter label="Sample collected" value={fraction} max={1} />
              </span>
            ),
          },
          { key: "Iteration", value: `${criterion.iteration} of ${criterion.maxIterations}` },
          {
            key: "Flag",
            value: (
              <TextLink to={`/flags/${encodeURIComponent(flagKey)}?environment=${environment}`}>
                {flagKey}
              </TextLink>
            ),
          },
          ...(initiative === undefined
            ? []
            : [
                {
                  key: "Initiative",
                  value: (
                    <TextLink to={`/initiatives/${initiative.key}`}>
                      {initiative.key} {initiative.title}
                    </TextLink>
                  ),
                },
              ]),
        ]}
      />
    </Card>
  );
}
