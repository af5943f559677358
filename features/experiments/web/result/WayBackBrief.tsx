import { WayBackLine } from "@paceline/rollouts/web";
import { Card, TextLink } from "@paceline/web-kit";

import type { ExperimentDetail } from "../../api.ts";
import { experimentPage } from "../pages.ts";

/** How the change is undone, beside the numbers. */
export function WayBackBrief(props: { experiment: ExperimentDetail }) {
  const { id, environment, flagKey } = props.experiment;
  return (
    <Card title="Way back" note={flagKey}>
      <WayBackLine environment={environment} flagKey={flagKey} />
      <p className="mt-2">
        <TextLink to={experimentPage.href({ experimentId: id }, { tab: "rollback" })}>
          Owner, triggers and past rollbacks
        </TextLink>
      </p>
    </Card>
  );
}
