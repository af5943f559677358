import { Executions, RehearsalsCard, WayBackCard } from "@paceline/rollouts/web";

import type { FlagPlace } from "./place.ts";

/** The way back of the flag in one environment, and every time it was gone. */
export function RollbackTab(props: { at: FlagPlace }) {
  const { flag, environment } = props.at;
  return (
    <div className="flex flex-col gap-5">
      <WayBackCard environment={environment} flagKey={flag.key} initiativeId={flag.initiativeId} />
      <RehearsalsCard environment={environment} flagKey={flag.key} />
      <Executions environment={environment} flagKey={flag.key} />
    </div>
  );
}
