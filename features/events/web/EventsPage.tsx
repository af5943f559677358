import {
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

import { LiveTab } from "./LiveTab.tsx";
import { eventsPage } from "./pages.ts";
import { environmentsQuery, storageQuery } from "./queries.ts";
import { SendTab } from "./SendTab.tsx";
import { StorageTab } from "./StorageTab.tsx";

const CatalogTab = lazy(async () => ({ default: (await import("./CatalogTab.tsx")).CatalogTab }));

const tabs = [
  { value: "live", label: "Live" },
  { value: "catalog", label: "Catalog" },
  { value: "storage", label: "Storage" },
  { value: "send", label: "Send events" },
] as const;

/** What arrives: events as they come, their names with volume and freshness, and how they are kept. */
export function EventsPage() {
  const [search, update] = usePageSearch(eventsPage);
  const environments = useQuery(environmentsQuery);
  const storage = useQuery(storageQuery);
  const kept = storage.data?.environments ?? [];
  const busiest = kept.toSorted((one, other) => other.events - one.events)[0]?.environment;
  const environment = search.environment ?? busiest ?? "production";
  const here = kept.find((one) => one.environment === environment);
  return (
    <Page title="Events">
      <PageHeader
        title="Events"
        actions={
          <div className="w-72">
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
        }
      >
        {storage.data === undefined ? (
          "Reading what has arrived."
        ) : here === undefined ? (
          `Nothing has arrived in ${environment} yet.`
        ) : (
          <>
            {formatCount(here.events, "event")} in {environment}, the newest received{" "}
            <RelativeTime at={here.newestReceivedAt} />.
          </>
        )}
      </PageHeader>
      <Tabs
        label="Parts of the events"
        items={tabs}
        value={search.tab}
        onChange={(tab) => update({ tab }, "push")}
      >
        <TabPanel value="live">
          <LiveTab
            environment={environment}
            event={search.event}
            unit={search.unit}
            onFilter={(filter) => update(filter)}
          />
        </TabPanel>
        <TabPanel value="catalog">
          <Suspense fallback={<SkeletonRows />}>
            <CatalogTab
              environment={environment}
              bucket={search.bucket}
              name={search.name}
              onBucket={(bucket) => update({ bucket })}
            />
          </Suspense>
        </TabPanel>
        <TabPanel value="storage">
          <StorageTab />
        </TabPanel>
        <TabPanel value="send">
          <SendTab environment={environment} />
        </TabPanel>
      </Tabs>
    </Page>
  );
}
