import {
  LinkButton,
  Page,
  PageHeader,
  RelativeTime,
  Select,
  SkeletonRows,
  TabPanel,
  Tabs,
  formatCount,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";

import type { EventCatalog } from "../api.ts";
import { eventsPage } from "./pages.ts";
import { catalogQuery, environmentsQuery, storageQuery } from "./queries.ts";
import { receivedIn } from "./volumes.ts";

const LiveTab = lazy(async () => ({ default: (await import("./live/LiveTab.tsx")).LiveTab }));
const EventDrawer = lazy(async () => ({
  default: (await import("./live/EventDrawer.tsx")).EventDrawer,
}));
const CatalogTab = lazy(async () => ({ default: (await import("./CatalogTab.tsx")).CatalogTab }));
const ExploreTab = lazy(async () => ({
  default: (await import("./explore/ExploreTab.tsx")).ExploreTab,
}));
const PlansTab = lazy(async () => ({ default: (await import("./plans/PlansTab.tsx")).PlansTab }));
const BadTab = lazy(async () => ({ default: (await import("./bad/BadTab.tsx")).BadTab }));
const SourcesTab = lazy(async () => ({
  default: (await import("./sources/SourcesTab.tsx")).SourcesTab,
}));
const StorageTab = lazy(async () => ({ default: (await import("./StorageTab.tsx")).StorageTab }));
const ParityTab = lazy(async () => ({
  default: (await import("./parity/ParityTab.tsx")).ParityTab,
}));

const tabs = [
  { value: "live", label: "Live" },
  { value: "catalog", label: "Catalog" },
  { value: "explore", label: "Explore" },
  { value: "plans", label: "Plans" },
  { value: "bad", label: "Bad events" },
  { value: "sources", label: "Sources and keys" },
  { value: "storage", label: "Storage" },
  { value: "parity", label: "Parity" },
] as const;

/** The head counts the whole catalog; only the tab of that name asks more often. */
const countAgainMs = 60_000;

/** What arrives: events as they come, their names, questions about them, who sends them, how they are kept. */
export function EventsPage() {
  const [search, update] = usePageSearch(eventsPage);
  const environments = useQuery(environmentsQuery);
  const storage = useQuery(storageQuery);
  const kept = storage.data?.environments ?? [];
  const busiest = kept.toSorted((one, other) => other.events - one.events)[0]?.environment;
  const environment = search.environment ?? busiest ?? "production";
  const here = kept.find((one) => one.environment === environment);
  const catalog = useQuery({
    ...catalogQuery(environment, "day"),
    enabled: here !== undefined,
    refetchInterval: countAgainMs,
  });
  const drawer = search.tab === "live" ? search.open : undefined;
  return (
    <Page
      title="Events"
      panel={
        drawer !== undefined && (
          <Suspense fallback={null}>
            <EventDrawer environment={environment} itemKey={drawer} />
          </Suspense>
        )
      }
    >
      <PageHeader
        title="Events"
        actions={
          <>
            <div className="w-52">
              <Select
                label="Environment"
                hideLabel
                options={(environments.data?.items ?? []).map(({ key, name }) => ({
                  value: key,
                  label: name,
                }))}
                value={environment}
                onChange={(next) => update({ environment: next })}
              />
            </div>
            {search.tab === "live" && (
              <LinkButton
                kind="primary"
                to={eventsPage.href({}, { environment, tab: "sources", connect: "segment-node" })}
              >
                Connect a client
              </LinkButton>
            )}
          </>
        }
      >
        {storage.data === undefined ? (
          "Reading what has arrived."
        ) : here === undefined ? (
          `Nothing has arrived in ${environment} yet.`
        ) : (
          <Received
            environment={environment}
            catalog={catalog.data}
            isExact={search.tab === "catalog" || search.tab === "storage"}
          />
        )}
      </PageHeader>
      <Tabs
        label="Parts of the events"
        items={tabs}
        value={search.tab}
        onChange={(tab) => update({ tab, open: undefined, connect: undefined }, "push")}
      >
        {tabs.map(({ value }) => (
          <TabPanel key={value} value={value}>
            {value === search.tab && (
              <Suspense fallback={<SkeletonRows />}>
                <TabContent tab={value} environment={environment} />
              </Suspense>
            )}
          </TabPanel>
        ))}
      </Tabs>
    </Page>
  );
}

/** What the catalog counts by day: events that somebody sent or that the product served. */
function Received(props: {
  environment: string;
  catalog: EventCatalog | undefined;
  /** Where other counts stand beside it. */
  isExact: boolean;
}) {
  const { environment, catalog, isExact } = props;
  if (catalog === undefined) return "Counting what has arrived.";
  const { events, buckets, newestAt } = receivedIn(catalog);
  return (
    <>
      {formatCount(events, "event")} in {environment} in the last {buckets} days
      {newestAt !== null && (
        <>
          , the newest received <RelativeTime at={newestAt} />
        </>
      )}
      .{isExact && " Bad events and recorded contexts are not counted."}
    </>
  );
}

function TabContent(props: { tab: (typeof tabs)[number]["value"]; environment: string }) {
  const { tab, environment } = props;
  switch (tab) {
    case "live":
      return <LiveTab environment={environment} />;
    case "catalog":
      return <CatalogTab environment={environment} />;
    case "explore":
      return <ExploreTab environment={environment} />;
    case "plans":
      return <PlansTab environment={environment} />;
    case "bad":
      return <BadTab environment={environment} />;
    case "sources":
      return <SourcesTab environment={environment} />;
    case "storage":
      return <StorageTab environment={environment} />;
    case "parity":
      return <ParityTab environment={environment} />;
  }
}
