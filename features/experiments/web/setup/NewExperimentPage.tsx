import type { FlagDetail, FlagSummary } from "@paceline/flags/api";
import type { InitiativeSummary } from "@paceline/initiatives/api";
import {
  Button,
  Card,
  Columns,
  Combobox,
  ErrorState,
  LinkButton,
  Page,
  PageHeader,
  Select,
  TextField,
  TextLink,
  apiClient,
  asProblem,
  useCommand,
  useGoTo,
  usePageSearch,
} from "@paceline/web-kit";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { CriterionDocument, ExperimentDetail, MetricDocument } from "../../api.ts";
import { experimentPage, experimentsPage, newExperimentPage } from "../pages.ts";
import { environmentsQuery, metricsQuery } from "../queries.ts";
import { CriterionForm } from "./CriterionForm.tsx";
import { defaultCriterion, equalAllocation } from "./defaults.ts";
import { MetricDialog } from "./MetricDialog.tsx";
import { SamplePlanCard } from "./SamplePlanCard.tsx";

const shownOptions = 100;

const flagsQuery = queryOptions({
  queryKey: ["flags", "options"],
  queryFn: ({ signal }) =>
    // The flag of a holdout is the product's own, and what its experiment is on.
    apiClient.get<{ items: FlagSummary[] }>("/flags", {
      query: { limit: shownOptions, internal: true },
      signal,
    }),
});
const initiativesQuery = queryOptions({
  queryKey: ["initiatives", "options"],
  queryFn: ({ signal }) =>
    apiClient.get<{ items: InitiativeSummary[] }>("/initiatives", {
      query: { limit: shownOptions },
      signal,
    }),
});

/** Drafts an experiment: what it belongs to, and the criterion with sensible defaults. */
export function NewExperimentPage() {
  const metrics = useQuery(metricsQuery);
  return (
    <Page title="New experiment" crumbs={[{ label: "Experiments", to: experimentsPage.href() }]}>
      <PageHeader title="New experiment">
        Say what counts as success before anyone sees the change. You can edit all of it until you
        lock it.
      </PageHeader>
      {metrics.isError && <ErrorState error={metrics.error} />}
      {metrics.data !== undefined && <Form metrics={metrics.data.items} />}
    </Page>
  );
}

function Form(props: { metrics: readonly MetricDocument[] }) {
  const { metrics } = props;
  const [search] = usePageSearch(newExperimentPage);
  const goTo = useGoTo();
  const [name, setName] = useState("");
  const [initiativeId, setInitiativeId] = useState(search.initiative ?? null);
  const [flagKey, setFlagKey] = useState(search.flag ?? null);
  const [environment, setEnvironment] = useState(search.environment ?? "production");
  const [edited, setCriterion] = useState<CriterionDocument>();
  const [defining, setDefining] = useState(false);
  const criterion = edited ?? defaultCriterion(metrics);
  const create = useCommand({
    run: () =>
      apiClient.post<ExperimentDetail>("/experiments", {
        name,
        initiativeId,
        flagKey,
        environment,
        criterion,
      }),
    refresh: [["experiments"]],
    done: "Experiment drafted",
    inline: true,
    onDone: ({ id }) => goTo(experimentPage.href({ experimentId: id })),
  });
  const problem = create.isError ? asProblem(create.error) : undefined;
  const chooseFlag = (key: string | null) => {
    setFlagKey(key);
    if (key === null) return;
    void apiClient.get<FlagDetail>(`/flags/${encodeURIComponent(key)}`).then(
      ({ variants }) => {
        const allocation = equalAllocation(Object.keys(variants));
        setCriterion((before) => {
          const base = before ?? defaultCriterion(metrics);
          return { ...base, design: { ...base.design, allocation } };
        });
      },
      // Without its variants the shares stay as they are; the server checks them.
      () => undefined,
    );
  };
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(undefined);
        }}
      >
        <Columns
          aside={
            <>
              <Card title="Draft it">
                <div className="flex flex-col gap-3">
                  <p className="text-fg2">
                    Nothing is shown to anyone. Next you define the way back, lock the criterion and
                    start.
                  </p>
                  {problem !== undefined && <ErrorState inline error={problem} />}
                  <Button type="submit" kind="primary" wide busy={create.isPending}>
                    Draft experiment
                  </Button>
                  <LinkButton wide to={experimentsPage.href()}>
                    Cancel
                  </LinkButton>
                </div>
              </Card>
              <SamplePlanCard
                criterion={criterion}
                metrics={metrics}
                onPlan={(plannedUnits) =>
                  setCriterion({ ...criterion, design: { ...criterion.design, plannedUnits } })
                }
              />
            </>
          }
        >
          <Card title="What it belongs to">
            <div className="grid gap-4 sm:grid-cols-2">
              <TextField
                label="Name"
                required
                value={name}
                onChange={setName}
                error={problem?.faultAt("/name")}
              />
              <EnvironmentField value={environment} onChange={setEnvironment} />
              <FlagField
                value={flagKey}
                onChange={chooseFlag}
                error={problem?.faultAt("/flagKey")}
              />
              <InitiativeField
                value={initiativeId}
                onChange={setInitiativeId}
                error={problem?.faultAt("/initiativeId")}
              />
            </div>
          </Card>
          <CriterionForm
            criterion={criterion}
            metrics={metrics}
            pointer="/criterion"
            problem={problem}
            disabled={false}
            onChange={setCriterion}
            onDefineMetric={() => setDefining(true)}
          />
        </Columns>
      </form>
      {/* Beside the form, not in it: React passes a submit in a dialog on to the form around it. */}
      {defining && (
        <MetricDialog
          onClose={() => setDefining(false)}
          onDefined={({ key, statistic }) => {
            if (criterion.primary.metric !== "") return;
            setCriterion({
              ...criterion,
              primary: { ...criterion.primary, metric: key, statistic },
            });
          }}
        />
      )}
    </>
  );
}

function EnvironmentField(props: { value: string; onChange: (key: string) => void }) {
  const environments = useQuery(environmentsQuery);
  return (
    <Select
      label="Environment"
      options={(environments.data?.items ?? []).map(({ key, name }) => ({
        value: key,
        label: name,
      }))}
      value={props.value}
      onChange={props.onChange}
    />
  );
}

function FlagField(props: {
  value: string | null;
  onChange: (key: string | null) => void;
  error: string | undefined;
}) {
  const flags = useQuery(flagsQuery);
  return (
    <Combobox
      label="Flag"
      hint={
        <>
          It serves the variants. <TextLink to="/flags?new=1">Create one</TextLink>
        </>
      }
      error={props.error}
      options={(flags.data?.items ?? []).map(({ key, description }) => ({
        value: key,
        label: key,
        hint: description,
      }))}
      value={props.value}
      onChange={props.onChange}
    />
  );
}

function InitiativeField(props: {
  value: string | null;
  onChange: (id: string | null) => void;
  error: string | undefined;
}) {
  const initiatives = useQuery(initiativesQuery);
  return (
    <Combobox
      label="Initiative"
      error={props.error}
      hint={
        <>
          Its decision and timebox govern the run; without one it cannot start.{" "}
          <TextLink to="/initiatives/new">Propose one</TextLink>
        </>
      }
      options={(initiatives.data?.items ?? []).map(({ id, key, title }) => ({
        value: id,
        label: `${key} ${title}`,
      }))}
      value={props.value}
      onChange={props.onChange}
    />
  );
}
