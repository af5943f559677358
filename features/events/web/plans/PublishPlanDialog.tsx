import {
  Button,
  Dialog,
  ErrorState,
  Loaded,
  Notice,
  SkeletonRows,
  apiClient,
  asProblem,
  formatCount,
  formatNumber,
  useCommand,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { PlanDetail, PlanPreview, PlanVersionView } from "../../plan-api.ts";
import { ChangeList } from "./PlanVersionsTab.tsx";
import { planPreviewQuery } from "./queries.ts";

/** What publishing does, told by last week's real events. */
export function PublishPlanDialog(props: {
  plan: PlanDetail;
  draft: PlanVersionView;
  environment: string;
  onClose: () => void;
}) {
  const { plan, draft, environment, onClose } = props;
  const preview = useQuery(planPreviewQuery(plan.name, draft.version, draft.schema, environment));
  const publish = useCommand({
    run: () =>
      apiClient.post<PlanDetail>(
        `/telemetry-plans/${encodeURIComponent(plan.name)}/publish`,
        undefined,
        { ifMatch: plan.etag },
      ),
    refresh: [["plans"]],
    done: `${draft.version} is in force`,
    inline: true,
    onDone: onClose,
  });
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={`Publish ${plan.name} ${draft.version}`}
      description={
        draft.mode === "enforce"
          ? "From now on, events that break it are kept as bad events. You can retire it at any time and replay them."
          : "From now on, events are held to it. Those that break it are accepted and counted."
      }
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={publish.isPending} onClick={() => publish.mutate(undefined)}>
            Publish {draft.version}
          </Button>
        </>
      }
    >
      <Loaded query={preview} skeleton={<SkeletonRows />}>
        {(found) => <Preview preview={found} draft={draft} environment={environment} />}
      </Loaded>
      {plan.versions.length > 1 && (
        <section className="flex flex-col gap-2">
          <h3 className="font-semibold">What changes</h3>
          <ChangeList changes={draft.changes} />
        </section>
      )}
      {publish.isError && <ErrorState inline error={asProblem(publish.error)} />}
    </Dialog>
  );
}

function Preview(props: { preview: PlanPreview; draft: PlanVersionView; environment: string }) {
  const { preview, draft, environment } = props;
  const { events, passed, complete, faults } = preview;
  const broke = events - passed;
  if (events === 0)
    return (
      <Notice tone="plain">
        No such event arrived in {environment} in the last 7 days, so nothing can be said about real
        ones.
      </Notice>
    );
  const which = complete
    ? `Of ${formatCount(events, "event")} of the last 7 days in ${environment}`
    : `Of the newest ${formatCount(events, "event")} in ${environment}`;
  return (
    <section className="flex flex-col gap-3">
      <Notice tone={broke === 0 ? "positive" : "caution"}>
        {which},{" "}
        {broke === 0
          ? "all fit."
          : `${formatNumber(broke)} would have ${draft.mode === "enforce" ? "been kept as bad events" : "been counted as breaking it"}.`}
      </Notice>
      {faults.length > 0 && (
        <ul className="flex flex-col gap-1">
          {faults.map((fault) => (
            <li key={`${fault.path} ${fault.reason}`} className="flex flex-wrap gap-x-3">
              <span className="font-mono text-small">{fault.path}</span>
              <span className="text-fg2">{fault.reason}</span>
              <span className="ml-auto tabular-nums">{formatNumber(fault.events)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
