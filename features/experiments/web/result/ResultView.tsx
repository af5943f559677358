import { RollBackButton, WayBackLine } from "@paceline/flags/web/parts";
import {
  Badge,
  ModeBadge,
  Page,
  PageHeader,
  SkeletonRows,
  StateBadge,
  TabPanel,
  Tabs,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";

import type { ExperimentDetail } from "../../api.ts";
import { controlOf } from "../../domain/criterion.ts";
import { tellingArm } from "../evidence.ts";
import { experimentPage, experimentsPage } from "../pages.ts";
import { initiativeQuery, useEnvironmentNow } from "../queries.ts";
import { dayWords } from "../timebox.ts";
import { StopButton } from "./StopButton.tsx";
import { Verdict } from "./Verdict.tsx";

const ResultsTab = lazy(async () => ({ default: (await import("./ResultsTab.tsx")).ResultsTab }));
const HealthTab = lazy(async () => ({ default: (await import("./HealthTab.tsx")).HealthTab }));
const RollbackTab = lazy(async () => ({
  default: (await import("./RollbackTab.tsx")).RollbackTab,
}));
const ActivityTab = lazy(async () => ({
  default: (await import("./ActivityTab.tsx")).ActivityTab,
}));

/** A started experiment: the answer, then the evidence, and the way back always in reach. */
export function ResultView(props: { experiment: ExperimentDetail }) {
  const { experiment } = props;
  const [search, update] = usePageSearch(experimentPage);
  const initiative = useQuery(initiativeQuery(experiment.initiativeId));
  const nowIn = useEnvironmentNow();
  const { environment, flagKey, criterion, looks, state } = experiment;
  const analysis = looks.at(-1)?.analysis;
  const arm = tellingArm(analysis, search.arm);
  return (
    <Page title={experiment.name} crumbs={[{ label: "Experiments", to: experimentsPage.href() }]}>
      <PageHeader
        title={experiment.name}
        badges={
          <>
            {initiative.data !== undefined && <ModeBadge mode={initiative.data.mode} />}
            <StateBadge state={state} detail={dayWords(experiment, nowIn(environment))} />
            <Badge>{environment}</Badge>
          </>
        }
        actions={
          <>
            {state === "running" && <StopButton id={experiment.id} name={experiment.name} />}
            <RollBackButton environment={environment} flagKey={flagKey} />
          </>
        }
      >
        <p>{criterion.hypothesis}</p>
        <WayBackLine environment={environment} flagKey={flagKey} />
      </PageHeader>
      <Verdict experiment={experiment} arm={arm} control={controlOf(criterion)} />
      <div className="h-4" />
      <Tabs
        label="Parts of the experiment"
        value={search.tab}
        onChange={(tab) => update({ tab }, "push")}
        items={[
          { value: "results", label: "Results" },
          { value: "health", label: "Data health" },
          { value: "rollback", label: "Rollback" },
          { value: "activity", label: "Activity", count: looks.length },
        ]}
      >
        <TabPanel value="results">
          <Suspense fallback={<SkeletonRows />}>
            <ResultsTab
              experiment={experiment}
              arm={arm}
              initiative={initiative.data}
              scale={search.scale === "decided" ? criterion.primary.scale : search.scale}
              onScale={(scale) => update({ scale })}
              onArm={(next) => update({ arm: next })}
            />
          </Suspense>
        </TabPanel>
        <TabPanel value="health">
          <Suspense fallback={<SkeletonRows />}>
            <HealthTab experiment={experiment} />
          </Suspense>
        </TabPanel>
        <TabPanel value="rollback">
          <Suspense fallback={<SkeletonRows />}>
            <RollbackTab experiment={experiment} />
          </Suspense>
        </TabPanel>
        <TabPanel value="activity">
          <Suspense fallback={<SkeletonRows />}>
            <ActivityTab experiment={experiment} />
          </Suspense>
        </TabPanel>
      </Tabs>
    </Page>
  );
}
