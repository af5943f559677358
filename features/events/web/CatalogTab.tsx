import {
  Card,
  EmptyState,
  Loaded,
  RelativeTime,
  SegmentedControl,
  SkeletonRows,
  Table,
  formatCount,
  formatDay,
  formatNumber,
  formatTime,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { ListTree } from "lucide-react";
import { Suspense, lazy } from "react";

import type { EventCatalog } from "../api.ts";
import { eventNamePage, eventsPage } from "./pages.ts";
import { catalogQuery } from "./queries.ts";
import { Sql } from "./Sql.tsx";
import { receivedIn, volumesOf } from "./volumes.ts";
import { eventKey, nameOf } from "./words.ts";

const VolumeChart = lazy(async () => ({
  default: (await import("./VolumeDrawing.tsx")).VolumeChart,
}));
const VolumeLine = lazy(async () => ({
  default: (await import("./VolumeDrawing.tsx")).VolumeLine,
}));

const buckets = [
  { value: "day", label: "By day" },
  { value: "hour", label: "By hour" },
  { value: "minute", label: "By minute" },
] as const;

type Name = EventCatalog["events"][number];

/** The names that arrived, with their volume over time and how fresh they are. */
export function CatalogTab(props: { environment: string }) {
  const { environment } = props;
  const [{ bucket }, update] = usePageSearch(eventsPage);
  const query = useQuery(catalogQuery(environment, bucket));
  return (
    <Loaded query={query} skeleton={<SkeletonRows />}>
      {(catalog) => {
        const bars = volumesOf(catalog, catalog.events);
        const { events: total } = receivedIn(catalog);
        return (
          <div className="flex flex-col gap-5">
            <Card
              title="All events"
              note={`${formatNumber(total)} received, last ${bars.length} ${bucket}s`}
              actions={
                <SegmentedControl
                  label="Bucket"
                  segments={buckets}
                  value={bucket}
                  onChange={(next) => update({ bucket: next })}
                />
              }
            >
              <Suspense fallback={<div aria-hidden className="skeleton h-48" />}>
                <VolumeChart
                  title={`All events: ${formatNumber(total)} received in the last ${bars.length} ${bucket}s`}
                  bars={bars}
                  formatAt={(at) => (bucket === "day" ? formatDay(at, "UTC") : formatTime(at))}
                />
              </Suspense>
            </Card>
            <Card title="Names" note={formatCount(catalog.events.length, "name")} flush>
              <Table
                label="Event names"
                stickyHead={false}
                rows={catalog.events.toSorted((one, other) => other.total - one.total)}
                rowKey={eventKey}
                rowTo={({ type, event }) => eventNamePage.href({}, { environment, type, event })}
                columns={columnsFor(catalog)}
                empty={
                  <EmptyState icon={<ListTree />} title="Names appear here with their volume">
                    Nothing arrived in {environment} in this time. Try longer buckets.
                  </EmptyState>
                }
              />
            </Card>
            <Sql sql={catalog.sql} newestReceivedAt={catalog.newestReceivedAt} />
          </div>
        );
      }}
    </Loaded>
  );
}

function columnsFor(catalog: EventCatalog): readonly Column<Name>[] {
  return [
    { key: "event", label: "Event", cell: nameOf },
    {
      key: "type",
      label: "Call",
      from: "sm",
      cell: ({ type }) => <span className="text-fg2">{type}</span>,
    },
    { key: "total", label: "Events", align: "right", cell: ({ total }) => formatNumber(total) },
    {
      key: "volume",
      label: "Volume",
      from: "md",
      cell: (row) => (
        <Suspense fallback={<div aria-hidden className="h-6 w-40" />}>
          <VolumeLine
            label={`Volume of ${nameOf(row)}`}
            values={volumesOf(catalog, [row]).map(({ value }) => value)}
          />
        </Suspense>
      ),
    },
    {
      key: "first",
      label: "First in this time",
      from: "lg",
      align: "right",
      cell: ({ counts }) => (
        <span className="text-fg2">{counts[0] === undefined ? "" : formatDay(counts[0].at)}</span>
      ),
    },
    {
      key: "newest",
      label: "Newest",
      align: "right",
      cell: ({ newestReceivedAt }) => (
        <span className="text-fg2">
          <RelativeTime at={newestReceivedAt} />
        </span>
      ),
    },
  ];
}
