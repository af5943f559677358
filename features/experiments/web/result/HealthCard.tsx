import { Badge, Card, CardRow } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { ExperimentDetail } from "../../api.ts";
import { monitorQuery } from "../queries.ts";
import { CheckIcon } from "./CheckIcon.tsx";
import { healthChecks } from "./health.ts";

/** Whether the numbers can be trusted, in four lines. */
export function HealthCard(props: { experiment: ExperimentDetail }) {
  const { experiment } = props;
  const running = experiment.state === "running";
  const monitor = useQuery({ ...monitorQuery(experiment.id), enabled: running });
  const checks = healthChecks(experiment, monitor.data);
  const broken = checks.some(({ tone }) => tone === "negative");
  const clear = checks.every(({ tone }) => tone === "positive");
  return (
    <Card
      title="Data health"
      flush
      actions={
        broken ? (
          <Badge tone="negative">Broken</Badge>
        ) : clear ? (
          <Badge tone="positive">All clear</Badge>
        ) : (
          <Badge>Incomplete</Badge>
        )
      }
    >
      {checks.map(({ key, name, tone, value }) => (
        <CardRow key={key} icon={<CheckIcon tone={tone} />} value={value}>
          {name}
        </CardRow>
      ))}
    </Card>
  );
}
