import { Columns } from "@paceline/web-kit";

import type { FlagPlace } from "../place.ts";
import { ReferencesCard } from "./ReferencesCard.tsx";
import { TestsCard } from "./TestsCard.tsx";

/** What is expected of the flag, and where it is used. */
export function ChecksTab(props: { at: FlagPlace }) {
  const { flag } = props.at;
  return (
    <Columns aside={<ReferencesCard flagKey={flag.key} />}>
      <TestsCard at={props.at} />
    </Columns>
  );
}
