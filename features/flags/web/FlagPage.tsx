import {
  Badge,
  Loaded,
  Notice,
  Page,
  PageHeader,
  Select,
  SkeletonRows,
  StateBadge,
  TabPanel,
  Tabs,
  TextLink,
  useLive,
  usePageParams,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";

import type { FlagDetail } from "../api.ts";
import { rolloutHref } from "./links.ts";
import { Lifecycle } from "./list/Lifecycle.tsx";
import { StaleBadge } from "./list/StaleBadge.tsx";
import { InForceTab } from "./now/InForceTab.tsx";
import { flagPage, flagsPage } from "./pages.ts";
import { RollBackButton, WayBackLine } from "./parts.ts";
import type { FlagPlace } from "./place.ts";
import { environmentsQuery, flagQuery } from "./queries.ts";
import { configurationWords, kindWords } from "./words.ts";

const RulesTab = lazy(async () => ({
  default: (await import("./editor/RulesTab.tsx")).RulesTab,
}));
const HistoryTab = lazy(async () => ({
  default: (await import("./history/HistoryTab.tsx")).HistoryTab,
}));
const ExplainTab = lazy(async () => ({
  default: (await import("./explain/ExplainTab.tsx")).ExplainTab,
}));
const ClientsTab = lazy(async () => ({
  default: (await import("./clients/ClientsTab.tsx")).ClientsTab,
}));
const ChecksTab = lazy(async () => ({
  default: (await import("./checks/ChecksTab.tsx")).ChecksTab,
}));
const UseTab = lazy(async () => ({ default: (await import("./UseTab.tsx")).UseTab }));
const RollbackTab = lazy(async () => ({
  default: (await import("./RollbackTab.tsx")).RollbackTab,
}));

const tabs = [
  { value: "now", label: "Who sees what" },
  { value: "rules", label: "Rules" },
  { value: "explain", label: "Explain" },
  { value: "history", label: "History" },
  { value: "clients", label: "Clients" },
  { value: "checks", label: "Tests and code" },
  { value: "rollback", label: "Rollback" },
  { value: "use", label: "Use it" },
] as const;

export function FlagPage() {
  const { flagKey } = usePageParams(flagPage);
  const query = useQuery(flagQuery(flagKey));
  useLive("flags", ["flags"]);
  useLive("rollbacks", ["rollbacks"]);
  if (query.data !== undefined) return <Content flag={query.data} />;
  return (
    <Page title={flagKey} crumbs={[{ label: "Flags", to: flagsPage.href() }]}>
      <Loaded query={query} skeleton={<SkeletonRows rows={8} />}>
        {() => null}
      </Loaded>
    </Page>
  );
}

function firstEnvironment(flag: FlagDetail): string {
  const inForce = flag.published.map(({ environment }) => environment);
  return inForce.includes("production") ? "production" : (inForce[0] ?? "production");
}

function Content(props: { flag: FlagDetail }) {
  const { flag } = props;
  const [search, update] = usePageSearch(flagPage);
  const environments = useQuery(environmentsQuery);
  const environment = search.environment ?? firstEnvironment(flag);
  const place = flag.environments.find((one) => one.environment === environment);
  const at: FlagPlace = { flag, environment, place };
  const configuration = place?.published?.content.configuration;
  const known = (environments.data?.items ?? []).map(({ key, name }) => ({
    value: key,
    label: name,
  }));
  const options = known.some(({ value }) => value === environment)
    ? known
    : [...known, { value: environment, label: environment }];
  return (
    <Page title={flag.key} crumbs={[{ label: "Flags", to: flagsPage.href() }]}>
      <PageHeader
        title={flag.key}
        badges={
          <>
            <Badge>{kindWords(flag.kind)}</Badge>
            <Lifecycle lifecycle={flag.lifecycle} />
            <StaleBadge flagKey={flag.key} />
            {configuration === undefined ? (
              <Badge dashed>Not in force in {environment}</Badge>
            ) : (
              <StateBadge
                state={configuration.enabled ? "on" : "off"}
                detail={`${environment}, revision ${place?.published?.revision ?? 0}`}
              />
            )}
          </>
        }
        actions={
          <>
            <div className="w-60 max-sm:w-52">
              <Select
                label="Environment"
                hideLabel
                options={options}
                value={environment}
                onChange={(next) =>
                  update({ environment: next, revision: undefined, against: undefined })
                }
              />
            </div>
            <RollBackButton environment={environment} flagKey={flag.key} />
          </>
        }
      >
        <p>
          <span className="font-medium text-fg">In {environment}:</span>{" "}
          {configurationWords(configuration)}
        </p>
        <WayBackLine environment={environment} flagKey={flag.key} />
      </PageHeader>
      {place?.lock != null && (
        <div className="mb-5">
          <Notice
            tone="accent"
            title="A rollout holds this flag."
            action={<TextLink to={rolloutHref(place.lock.holder)}>Open the rollout</TextLink>}
          >
            {place.lock.reason} Rolling back is never held.
          </Notice>
        </div>
      )}
      <Tabs
        label="Parts of the flag"
        items={tabs}
        value={search.tab}
        onChange={(tab) => update({ tab }, "push")}
      >
        <TabPanel value="now">
          <InForceTab at={at} />
        </TabPanel>
        <Suspense fallback={<SkeletonRows />}>
          <TabPanel value="rules">
            <RulesTab key={environment} at={at} />
          </TabPanel>
          <TabPanel value="history">
            <HistoryTab
              at={at}
              choice={search}
              onChoice={({ revision, against }) => update({ revision, against }, "push")}
            />
          </TabPanel>
          <TabPanel value="explain">
            <ExplainTab key={environment} at={at} search={search} onSearch={update} />
          </TabPanel>
          <TabPanel value="clients">
            <ClientsTab key={environment} at={at} />
          </TabPanel>
          <TabPanel value="checks">
            <ChecksTab key={environment} at={at} />
          </TabPanel>
          <TabPanel value="rollback">
            <RollbackTab at={at} />
          </TabPanel>
          <TabPanel value="use">
            <UseTab at={at} />
          </TabPanel>
        </Suspense>
      </Tabs>
    </Page>
  );
}
