import { SkeletonRows } from "@paceline/web-kit";

import { Executions, RehearsalsCard, WayBackCard } from "./parts.ts";
import type { FlagPlace } from "./place.ts";

/** The way back of the flag in one environment, and every time it was gone. */
export function RollbackTab(props: { at: FlagPlace }) {
  const { flag, environment } = props.at;
  const of = { environment, flagKey: flag.key };
  return (
    <div className="flex flex-col gap-5">
      <WayBackCard {...of} initiativeId={flag.initiativeId} pending={<SkeletonRows rows={4} />} />
      <RehearsalsCard {...of} pending={<SkeletonRows rows={3} />} />
      <Executions {...of} pending={<SkeletonRows rows={3} />} />
    </div>
  );
}
