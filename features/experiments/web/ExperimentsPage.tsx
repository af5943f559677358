import {
  Badge,
  Card,
  EmptyState,
  LinkButton,
  Loaded,
  Page,
  PageHeader,
  RelativeTime,
  SegmentedControl,
  Select,
  SkeletonRows,
  StateBadge,
  Table,
  TextField,
  VerdictBadge,
  formatCount,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical, Plus, Search } from "lucide-react";

import type { ExperimentSummary } from "../api.ts";
import { experimentPage, experimentsPage, newExperimentPage } from "./pages.ts";
import { environmentsQuery, experimentsQuery, useEnvironmentNow } from "./queries.ts";
import { dayWords, phaseOf } from "./timebox.ts";
import type { Phase } from "./timebox.ts";

const segments = [
  { value: "all", label: "All" },
  { value: "running", label: "Running" },
  { value: "waiting", label: "Waiting" },
  { value: "finished", label: "Finished" },
] as const;
const groupNames = { running: "Running", waiting: "Waiting", finished: "Finished" } as const;
const order = ["running", "waiting", "finished"] as const satisfies readonly Phase[];

export function ExperimentsPage() {
  const [search, update] = usePageSearch(experimentsPage);
  const query = useQuery(experimentsQuery);
  const environments = useQuery(environmentsQuery);
  const nowIn = useEnvironmentNow();
  useLive("experiments", ["experiments"]);
  const mayEdit = useMay("experiment.edit");
  const create = mayEdit && (
    <LinkButton kind="primary" to={newExperimentPage.href()}>
      <Plus aria-hidden /> New experiment
    </LinkButton>
  );
  const items = query.data?.items ?? [];
  const places = [
    { value: "", label: "All environments" },
    ...(environments.data?.items ?? []).map(({ key, name }) => ({ value: key, label: name })),
  ];
  const filtered = search.text !== "" || search.environment !== "" || search.show !== "all";
  return (
    <Page title="Experiments" actions={create}>
      <PageHeader title="Experiments">
        {query.data === undefined ? "" : answerFor(items)}
      </PageHeader>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <SegmentedControl
          label="Show"
          segments={segments}
          value={search.show}
          onChange={(show) => update({ show })}
        />
        <div className="w-56">
          <TextField
            label="Search by name or flag"
            hideLabel
            type="search"
            placeholder="Name or flag"
            before={<Search />}
            value={search.text}
            onChange={(text) => update({ text })}
          />
        </div>
        {places.length > 2 && (
          <div className="w-56">
            <Select
              label="Environment"
              hideLabel
              options={places}
              value={search.environment}
              onChange={(environment) => update({ environment })}
            />
          </div>
        )}
      </div>
      <Card flush>
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {(list) => (
            <Table
              label="Experiments"
              rows={rowsFor(list.items, search)}
              rowKey={({ id }) => id}
              rowTo={({ id }) => experimentPage.href({ experimentId: id })}
              groupOf={(row) => (search.show === "all" ? groupNames[phaseOf(row)] : undefined)}
              columns={columnsAt(nowIn)}
              empty={filtered ? <NothingFound /> : <NoExperiments create={create} />}
            />
          )}
        </Loaded>
      </Card>
    </Page>
  );
}

function answerFor(items: readonly ExperimentSummary[]): string {
  const count = (phase: Phase) => items.filter((item) => phaseOf(item) === phase).length;
  const ready = items.filter(({ state, verdict }) => state === "running" && verdict === "ship");
  const words = `${count("running")} running, ${count("waiting")} waiting for you, ${count("finished")} finished.`;
  return ready.length === 0 ? words : `${formatCount(ready.length, "run")} ready to ship. ${words}`;
}

function rowsFor(
  items: readonly ExperimentSummary[],
  filter: { show: "all" | Phase; text: string; environment: string },
): readonly ExperimentSummary[] {
  const text = filter.text.trim().toLowerCase();
  return items
    .filter((item) => filter.show === "all" || phaseOf(item) === filter.show)
    .filter(({ environment }) => filter.environment === "" || environment === filter.environment)
    .filter(({ name, flagKey }) => `${name} ${flagKey}`.toLowerCase().includes(text))
    .toSorted((one, other) => order.indexOf(phaseOf(one)) - order.indexOf(phaseOf(other)));
}

function NothingFound() {
  return (
    <EmptyState
      icon={<FlaskConical />}
      title="No experiment fits these filters"
      link={<LinkButton to={experimentsPage.href()}>Show all</LinkButton>}
    />
  );
}

function NoExperiments(props: { create: React.ReactNode }) {
  return (
    <EmptyState icon={<FlaskConical />} title="Your experiments appear here" action={props.create}>
      An experiment says beforehand what counts as success, and then whether it happened.
    </EmptyState>
  );
}

function columnsAt(nowIn: (environment: string) => number): readonly Column<ExperimentSummary>[] {
  return [
    {
      key: "name",
      label: "Name",
      cell: ({ name, flagKey }) => (
        <>
          {name}
          <code className="ml-2 font-mono text-small font-normal text-fg3 max-sm:hidden">
            {flagKey}
          </code>
        </>
      ),
    },
    {
      key: "environment",
      label: "Environment",
      from: "lg",
      cell: ({ environment }) => <span className="text-fg2">{environment}</span>,
    },
    {
      key: "state",
      label: "State",
      cell: (row) => (
        <StateBadge
          state={row.state}
          detail={row.state === "running" ? dayWords(row, nowIn(row.environment)) : undefined}
        />
      ),
    },
    {
      key: "verdict",
      label: "Verdict",
      cell: (row) =>
        row.startedAt === null ? (
          <Badge dashed>Not started</Badge>
        ) : (
          <VerdictBadge verdict={row.verdict} />
        ),
    },
    {
      key: "iteration",
      label: "Iteration",
      align: "right",
      from: "md",
      cell: ({ iteration }) => <span className="tabular-nums">{iteration}</span>,
    },
    {
      key: "created",
      label: "Created",
      align: "right",
      from: "lg",
      cell: ({ createdAt }) => (
        <span className="text-fg2">
          <RelativeTime at={createdAt} />
        </span>
      ),
    },
  ];
}
