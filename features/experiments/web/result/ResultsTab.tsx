import type { InitiativeDetail } from "@paceline/initiatives/api";
import {
  Card,
  Columns,
  EmptyState,
  Notice,
  SegmentedControl,
  VerdictBadge,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";

import type { ArmResultDocument, ExperimentDetail } from "../../api.ts";
import { tellingArm, unitsOf } from "../evidence.ts";
import { readingQuery } from "../queries.ts";
import type { Scale } from "../words.ts";
import { HealthCard } from "./HealthCard.tsx";
import { LiftCard } from "./LiftCard.tsx";
import { MetricsCard } from "./MetricsCard.tsx";
import { PlanCard } from "./PlanCard.tsx";

type Props = {
  experiment: ExperimentDetail;
  arm: ArmResultDocument | undefined;
  initiative: InitiativeDetail | undefined;
  scale: Scale;
  onScale: (scale: Scale) => void;
  onArm: (arm: string) => void;
};

export function ResultsTab(props: Props) {
  const { experiment, arm, initiative, scale, onScale, onArm } = props;
  const last = experiment.looks.at(-1);
  const arms = last?.analysis.arms ?? [];
  return (
    <Columns
      aside={
        <>
          <HealthCard experiment={experiment} />
          <PlanCard experiment={experiment} initiative={initiative} />
        </>
      }
    >
      {arms.length > 1 && arm !== undefined && <ArmSwitch arms={arms} arm={arm} onArm={onArm} />}
      {last === undefined || arm === undefined ? (
        <Card>
          <EmptyState icon={<FlaskConical />} title="The lift appears here after the first look">
            Looks come once a day. Guardrails are watched all the time between them.
          </EmptyState>
        </Card>
      ) : (
        <>
          <LiftCard experiment={experiment} arm={arm} scale={scale} onScale={onScale} />
          <MetricsCard
            title="Metrics"
            note={`look ${last.look}, ${unitsOf(last.analysis).toLocaleString("en-US")} ${experiment.criterion.unit}s`}
            at={last.asOf}
            experiment={experiment}
            arm={arm}
            scale={scale}
          />
        </>
      )}
      <AllData experiment={experiment} arm={arm} scale={scale} />
    </Columns>
  );
}

function ArmSwitch(props: {
  arms: readonly ArmResultDocument[];
  arm: ArmResultDocument;
  onArm: (arm: string) => void;
}) {
  const { arms, arm, onArm } = props;
  return (
    <div className="flex flex-wrap items-center gap-3">
      <SegmentedControl
        label="Treatment arm"
        segments={arms.map((one) => ({ value: one.arm, label: one.arm }))}
        value={arm.arm}
        onChange={onArm}
      />
      <VerdictBadge verdict={arm.verdict} />
      <span className="text-small text-fg3">
        {arms.length} arms against control, each held to its share of the allowed error
      </span>
    </div>
  );
}

/** An ended run read once more with everything that arrived since; the verdict stays. */
function AllData(props: Pick<Props, "experiment" | "arm" | "scale">) {
  const { experiment, arm, scale } = props;
  const ended = experiment.state === "concluded" || experiment.state === "stopped";
  const reading = useQuery({ ...readingQuery(experiment.id), enabled: ended });
  const read = tellingArm(reading.data, arm?.arm);
  if (reading.data === undefined || read === undefined) return null;
  const judged = experiment.looks.at(-1)?.analysis;
  if (judged !== undefined && JSON.stringify(judged.arms) === JSON.stringify(reading.data.arms)) {
    return (
      <Notice title="Nothing came after the verdict.">
        Read again with all data of the run, every number is the same.
      </Notice>
    );
  }
  return (
    <MetricsCard
      title="All data of the run"
      note={`also what came after the verdict: ${unitsOf(reading.data).toLocaleString("en-US")} ${experiment.criterion.unit}s; the verdict stays what it was`}
      experiment={experiment}
      arm={read}
      scale={scale}
    />
  );
}
