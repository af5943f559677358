import type { MonitorState } from "@paceline/experiments/api";
import { policyPage, proposePage } from "@paceline/initiatives/web";
import {
  Card,
  Columns,
  EmptyState,
  ErrorState,
  LinkButton,
  Page,
  PageHeader,
  SegmentedControl,
  SkeletonRows,
  formatCount,
  useLive,
  useMay,
  usePageSearch,
  useSession,
} from "@paceline/web-kit";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Compass, Plus } from "lucide-react";

import { AuditTailCard, RollbacksCard, RunningCard } from "./ActivityCards.tsx";
import { overviewPage } from "./page.ts";
import {
  OVERVIEW_KEY,
  boardQuery,
  experimentsQuery,
  monitorQuery,
  openInitiativesQuery,
} from "./queries.ts";
import { SampleNotice } from "./SampleNotice.tsx";
import { whatWaits } from "./waiting.ts";
import type { Waiting } from "./waiting.ts";
import { WaitingCard } from "./WaitingCard.tsx";

/** What waits and what runs, in one sentence. */
function answer(waiting: readonly Waiting[], running: number): string {
  const waits =
    waiting.length === 0
      ? "Nothing waits for a person"
      : `${formatCount(waiting.length, "thing")} ${waiting.length === 1 ? "waits" : "wait"} for a person`;
  const urgent = waiting.filter(({ reason }) => reason === "finding" || reason === "timebox");
  const runs =
    running === 0 ? "no experiment runs" : `${formatCount(running, "experiment")} running`;
  return urgent.length === 0
    ? `${waits}, ${runs}.`
    : `${waits}, ${urgent.length} of them now; ${runs}.`;
}

function useOverview() {
  useLive("initiatives", OVERVIEW_KEY, boardQuery.queryKey);
  useLive("experiments", OVERVIEW_KEY);
  useLive("flags", OVERVIEW_KEY);
  const initiatives = useQuery(openInitiativesQuery);
  const experiments = useQuery(experimentsQuery);
  const running = (experiments.data?.items ?? []).filter(({ state }) => state === "running");
  const findings = useQueries({
    queries: running.map(({ id }) => monitorQuery(id)),
    combine: (results): MonitorState[] =>
      results.flatMap(({ data }) => (data === undefined || data === null ? [] : [data])),
  });
  const loaded = initiatives.data !== undefined && experiments.data !== undefined;
  const waiting = loaded
    ? whatWaits(initiatives.data.items, experiments.data.items, findings)
    : undefined;
  return {
    running,
    findings,
    waiting,
    error: initiatives.error ?? experiments.error,
    retry: () => {
      void initiatives.refetch();
      void experiments.refetch();
    },
  };
}

export function OverviewPage() {
  const { running, findings, waiting, error, retry } = useOverview();
  const { person } = useSession();
  const [{ whose }, update] = usePageSearch(overviewPage);
  const mayPropose = useMay("initiative.edit");
  const board = useQuery(boardQuery);
  const empty = board.data?.total === 0 && running.length === 0;
  const shown = (waiting ?? []).filter(
    ({ ownerId }) => whose === "all" || ownerId === null || ownerId === person.id,
  );
  return (
    <Page
      title="Overview"
      actions={
        mayPropose &&
        !empty && (
          <LinkButton kind="primary" to={proposePage.href()}>
            <Plus aria-hidden />
            Propose a change
          </LinkButton>
        )
      }
    >
      <PageHeader title="Overview">
        {empty || waiting === undefined
          ? "What waits for you, what runs, and what was rolled back."
          : answer(waiting, running.length)}
      </PageHeader>
      <SampleNotice />
      <Columns
        aside={
          <>
            <RollbacksCard />
            <AuditTailCard />
          </>
        }
      >
        {empty && <NothingYet mayPropose={mayPropose} />}
        {!empty && waiting === undefined && (
          <Card title="Needs you" flush>
            {error === null ? (
              <SkeletonRows rows={6} />
            ) : (
              <ErrorState error={error} onRetry={retry} />
            )}
          </Card>
        )}
        {!empty && waiting !== undefined && (
          <WaitingCard
            waiting={shown}
            actions={
              <SegmentedControl
                label="Whose"
                segments={[
                  { value: "all", label: "Everyone’s" },
                  { value: "mine", label: "Mine" },
                ]}
                value={whose}
                onChange={(next) => update({ whose: next })}
              />
            }
          />
        )}
        {!empty && <RunningCard experiments={running} findings={findings} />}
      </Columns>
    </Page>
  );
}

function NothingYet(props: { mayPropose: boolean }) {
  return (
    <Card>
      <EmptyState
        icon={<Compass />}
        title="What waits for you appears here"
        action={
          props.mayPropose ? (
            <LinkButton kind="primary" to={proposePage.href()}>
              Propose a change
            </LinkButton>
          ) : undefined
        }
        link={<LinkButton to={policyPage.href()}>See how changes are decided</LinkButton>}
      >
        This workspace has no initiative and no running experiment yet. A proposal is the first
        step; its decision takes a minute.
      </EmptyState>
    </Card>
  );
}
