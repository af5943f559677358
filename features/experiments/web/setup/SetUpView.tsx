import { auditEntryHref } from "@paceline/audit/web";
import { WayBackCard, WayBackLine } from "@paceline/flags/web/parts";
import {
  Badge,
  Button,
  Columns,
  ErrorState,
  Notice,
  Page,
  PageHeader,
  SkeletonRows,
  StateBadge,
  TextLink,
  apiClient,
  asProblem,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Lock, Play } from "lucide-react";
import { useState } from "react";

import type { CriterionDocument, ExperimentDetail } from "../../api.ts";
import { CriterionSummary } from "../CriterionSummary.tsx";
import { experimentsPage } from "../pages.ts";
import { metricsQuery } from "../queries.ts";
import { CriterionForm } from "./CriterionForm.tsx";
import { LockDialog } from "./LockDialog.tsx";
import { MetricDialog } from "./MetricDialog.tsx";
import { ReadinessCard } from "./ReadinessCard.tsx";
import { SamplePlanCard } from "./SamplePlanCard.tsx";

type Open = "none" | "metric" | "lock";

/** Before the start: the criterion, what is missing, and whether the sample fits the timebox. */
export function SetUpView(props: { experiment: ExperimentDetail }) {
  const { experiment } = props;
  const { id, name, state, environment, flagKey, initiativeId, version } = experiment;
  const [criterion, setCriterion] = useState<CriterionDocument>(experiment.criterion);
  const [open, setOpen] = useState<Open>("none");
  const metricList = useQuery(metricsQuery);
  const metrics = metricList.data?.items ?? experiment.metrics;
  const draft = state === "draft";
  const mayEdit = useMay("experiment.edit");
  const dirty = draft && JSON.stringify(criterion) !== JSON.stringify(experiment.criterion);
  const refresh = [["experiments"], ["initiatives"]];
  const save = useCommand({
    run: () =>
      apiClient.put<ExperimentDetail>(`/experiments/${id}/criterion`, criterion, {
        ifMatch: version,
      }),
    refresh,
    done: "Criterion saved",
    inline: true,
  });
  const start = useCommand({
    run: () => apiClient.post<ExperimentDetail>(`/experiments/${id}/start`),
    refresh,
    done: "The run has started",
    inline: true,
  });
  const failed = save.isError ? save : start.isError ? start : undefined;
  const problem = save.isError ? asProblem(save.error) : undefined;
  return (
    <Page title={name} crumbs={[{ label: "Experiments", to: experimentsPage.href() }]}>
      <PageHeader
        title={name}
        badges={
          <>
            <StateBadge state={state} />
            <Badge>{environment}</Badge>
          </>
        }
        actions={
          <Acts
            state={state}
            dirty={dirty}
            saving={save.isPending}
            starting={start.isPending}
            onSave={() => save.mutate(undefined)}
            onLock={() => setOpen("lock")}
            onStart={() => start.mutate(undefined)}
          />
        }
      >
        <p>
          {draft
            ? "Say what counts as success, then lock it. A locked criterion never changes."
            : "The criterion is locked. Start the run when everything below holds."}
        </p>
        <WayBackLine environment={environment} flagKey={flagKey} />
      </PageHeader>
      <div aria-live="polite" className="flex flex-col gap-4 empty:hidden [&:not(:empty)]:mb-5">
        {failed !== undefined && <ErrorState inline error={failed.error} />}
        {!draft && (
          <Notice
            title={`Locked by ${experiment.lockedBy ?? "somebody"}.`}
            action={
              experiment.lockEntry !== null && (
                <TextLink to={auditEntryHref(experiment.lockEntry)}>Audit entry</TextLink>
              )
            }
          >
            To change it, make a new iteration.
          </Notice>
        )}
      </div>
      <Columns
        aside={
          <>
            <ReadinessCard experiment={experiment} />
            <SamplePlanCard
              criterion={criterion}
              metrics={metrics}
              onPlan={
                draft
                  ? (plannedUnits) =>
                      setCriterion({ ...criterion, design: { ...criterion.design, plannedUnits } })
                  : undefined
              }
            />
          </>
        }
      >
        {draft && (
          <CriterionForm
            criterion={criterion}
            metrics={metrics}
            pointer=""
            problem={problem}
            disabled={!mayEdit}
            onChange={setCriterion}
            onDefineMetric={() => setOpen("metric")}
          />
        )}
        <div id="way-back" className="scroll-mt-16">
          <WayBackCard
            environment={environment}
            flagKey={flagKey}
            experimentId={id}
            initiativeId={initiativeId}
            pending={<SkeletonRows rows={4} />}
          />
        </div>
        {!draft && <CriterionSummary experiment={experiment} />}
      </Columns>
      {open === "metric" && (
        <MetricDialog onClose={() => setOpen("none")} onDefined={() => undefined} />
      )}
      {open === "lock" && <LockDialog id={id} onClose={() => setOpen("none")} />}
    </Page>
  );
}

function Acts(props: {
  state: ExperimentDetail["state"];
  dirty: boolean;
  saving: boolean;
  starting: boolean;
  onSave: () => void;
  onLock: () => void;
  onStart: () => void;
}) {
  const { state, dirty, saving, starting, onSave, onLock, onStart } = props;
  const mayEdit = useMay("experiment.edit");
  const mayLock = useMay("experiment.lock");
  const mayStart = useMay("experiment.start");
  if (state === "locked") {
    return (
      mayStart && (
        <Button kind="primary" icon={<Play aria-hidden />} busy={starting} onClick={onStart}>
          Start
        </Button>
      )
    );
  }
  return (
    <>
      {mayEdit && (
        <Button
          kind={dirty ? "primary" : "bordered"}
          disabled={!dirty}
          busy={saving}
          onClick={onSave}
        >
          Save criterion
        </Button>
      )}
      {mayLock && (
        <Button
          kind={dirty ? "bordered" : "primary"}
          icon={<Lock aria-hidden />}
          disabled={dirty}
          title={dirty ? "Save the criterion first" : undefined}
          onClick={onLock}
        >
          Lock criterion
        </Button>
      )}
    </>
  );
}
