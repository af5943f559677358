import { Executions, WayBackCard } from "@paceline/flags/web/parts";
import { SkeletonRows } from "@paceline/web-kit";

import type { ExperimentDetail } from "../../api.ts";

/** The way back, and every time it was gone. */
export function RollbackTab(props: { experiment: ExperimentDetail }) {
  const { id, environment, flagKey, initiativeId } = props.experiment;
  return (
    <div className="flex flex-col gap-5">
      <WayBackCard
        environment={environment}
        flagKey={flagKey}
        experimentId={id}
        initiativeId={initiativeId}
        pending={<SkeletonRows rows={4} />}
      />
      <Executions environment={environment} flagKey={flagKey} pending={<SkeletonRows rows={3} />} />
    </div>
  );
}
