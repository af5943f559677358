import {
  Card,
  EmptyState,
  Loaded,
  RelativeTime,
  SegmentedControl,
  SkeletonRows,
  Table,
  formatDay,
  formatNumber,
  formatTime,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { ListTree } from "lucide-react";
import { Suspense, lazy } from "react";

import type { EventCatalog } from "../api.ts";
import { eventsPage } from "./pages.ts";
import { catalogQuery } from "./queries.ts";

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

const nameOf = ({ type, event }: Name) => `${type}/${event}`;

/** How many events of each bucket, zero where none arrived. */
function volumes(catalog: EventCatalog, names: readonly Name[]) {
  const counts = new Map<number, number>();
  for (const { counts: list } of names) {
    for (const { at, events } of list) {
      const key = Date.parse(at);
      counts.set(key, (counts.get(key) ?? 0) + events);
    }
  }
  const start = Math.floor(Date.parse(catalog.from) / catalog.bucketMs) * catalog.bucketMs;
  const end = Date.parse(catalog.to);
  const length = Math.max(1, Math.ceil((end - start) / catalog.bucketMs));
  return Array.from({ length }, (_, index) => {
    const at = start + index * catalog.bucketMs;
    return { at, value: counts.get(at) ?? 0 };
  });
}

/** The names that arrived, with their volume over time and how fresh they are. */
export function CatalogTab(props: {
  environment: string;
  bucket: "day" | "hour" | "minute";
  name: string | undefined;
  onBucket: (bucket: "day" | "hour" | "minute") => void;
}) {
  const { environment, bucket, name, onBucket } = props;
  const query = useQuery(catalogQuery(environment, bucket));
  return (
    <Loaded query={query} skeleton={<SkeletonRows />}>
      {(catalog) => {
        const chosen = catalog.events.filter((one) => name === undefined || nameOf(one) === name);
        const bars = volumes(catalog, chosen);
        const total = bars.reduce((sum, { value }) => sum + value, 0);
        const words = name === undefined ? "All events" : (chosen[0]?.event ?? name);
        return (
          <div className="flex flex-col gap-5">
            <Card
              title={words}
              note={`${formatNumber(total)} received, last ${bars.length} ${bucket}s`}
              actions={
                <SegmentedControl
                  label="Bucket"
                  segments={buckets}
                  value={bucket}
                  onChange={onBucket}
                />
              }
            >
              <Suspense fallback={<div aria-hidden className="skeleton h-48" />}>
                <VolumeChart
                  title={`${words}: ${formatNumber(total)} received in the last ${bars.length} ${bucket}s`}
                  bars={bars}
                  formatAt={(at) => (bucket === "day" ? formatDay(at, "UTC") : formatTime(at))}
                />
              </Suspense>
            </Card>
            <Card title="Names" flush>
              <Table
                label="Event names"
                stickyHead={false}
                rows={catalog.events}
                rowKey={nameOf}
                rowTo={(row) =>
                  eventsPage.href({}, { tab: "catalog", environment, bucket, name: nameOf(row) })
                }
                selectedKey={name}
                columns={columnsFor(catalog)}
                empty={
                  <EmptyState icon={<ListTree />} title="Names appear here with their volume">
                    Nothing arrived in {environment} in this time. Try longer buckets.
                  </EmptyState>
                }
              />
            </Card>
          </div>
        );
      }}
    </Loaded>
  );
}

function columnsFor(catalog: EventCatalog): readonly Column<Name>[] {
  return [
    { key: "event", label: "Event", cell: ({ event }) => event },
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
        <Suspense fallback={<div aria-hidden className="h-6 w-22" />}>
          <VolumeLine
            label={`Volume of ${row.event}`}
            values={volumes(catalog, [row]).map(({ value }) => value)}
          />
        </Suspense>
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
