import {
  Badge,
  Button,
  Card,
  EmptyState,
  LinkButton,
  Loaded,
  RelativeTime,
  SkeletonRows,
  Sparkline,
  Table,
  formatNumber,
  useMay,
  useNow,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Cable } from "lucide-react";

import type { EventSource, EventSources } from "../../api.ts";
import { eventsPage } from "../pages.ts";
import { sourcesQuery } from "../queries.ts";
import { Sql } from "../Sql.tsx";
import { ConnectCard } from "./ConnectCard.tsx";

const receivingMs = 10 * 60_000;

/** Who sends events, with which client, and whether it still does. */
export function SourcesTab(props: { environment: string }) {
  const { environment } = props;
  const [{ connect }, update] = usePageSearch(eventsPage);
  const query = useQuery(sourcesQuery(environment));
  const mayReadKeys = useMay("key.read");
  const now = useNow();
  const open = () => update({ connect: "segment-node" }, "push");
  return (
    <div className="flex flex-col gap-5">
      {connect !== undefined && (
        <ConnectCard
          environment={environment}
          client={connect}
          onClient={(client) => update({ connect: client })}
          onClose={() => update({ connect: undefined })}
        />
      )}
      <Card
        flush
        title="Sources"
        note="last 30 days"
        actions={
          <>
            {mayReadKeys && (
              <LinkButton small to="/settings/keys">
                Manage keys
              </LinkButton>
            )}
            {connect === undefined && (
              <Button small kind="primary" onClick={open}>
                Connect a client
              </Button>
            )}
          </>
        }
      >
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {(sources) => (
            <Table
              label="Sources of events"
              stickyHead={false}
              rows={sources.items.toSorted((one, other) => other.total - one.total)}
              rowKey={({ id }) => id}
              rowTo={({ id }) => eventsPage.href({}, { environment, source: id })}
              columns={columnsFor(sources, now)}
              empty={
                <EmptyState icon={<Cable />} title="Whoever sends events appears here">
                  Any Segment, RudderStack, PostHog or OpenTelemetry client fits: it needs this host
                  and a key.
                </EmptyState>
              }
            />
          )}
        </Loaded>
      </Card>
      {query.data !== undefined && (
        <Sql sql={query.data.sql} newestReceivedAt={newestOf(query.data)} />
      )}
    </div>
  );
}

function newestOf({ items }: EventSources): string | null {
  return items.reduce<string | null>(
    (newest, { newestReceivedAt: at }) =>
      at !== null && (newest === null || at > newest) ? at : newest,
    null,
  );
}

function Health(props: { source: EventSource; now: number }) {
  const { revokedAt, newestReceivedAt } = props.source;
  if (revokedAt !== null) return <Badge dashed>Revoked</Badge>;
  if (newestReceivedAt === null) return <Badge tone="caution">Waiting for the first event</Badge>;
  return props.now - Date.parse(newestReceivedAt) < receivingMs ? (
    <Badge tone="positive">Receiving</Badge>
  ) : (
    <Badge>Quiet</Badge>
  );
}

function columnsFor(sources: EventSources, now: number): readonly Column<EventSource>[] {
  return [
    {
      key: "name",
      label: "Source",
      cell: ({ name, prefix }) => (
        <>
          {name}{" "}
          {prefix !== null && (
            <code className="font-mono text-small font-normal text-fg3 max-sm:hidden">
              pck_{prefix}_…
            </code>
          )}
        </>
      ),
    },
    { key: "health", label: "State", cell: (source) => <Health source={source} now={now} /> },
    {
      key: "library",
      label: "Client",
      from: "md",
      cell: ({ library }) =>
        library === null ? (
          <span className="text-fg3">not named</span>
        ) : (
          <>
            {library.name} <span className="text-fg3">{library.version}</span>
          </>
        ),
    },
    {
      key: "volume",
      label: "Volume",
      from: "md",
      cell: (source) => (
        <Sparkline
          label={`Volume of ${source.name}`}
          values={dailyOf(source, sources)}
          width={160}
        />
      ),
    },
    {
      key: "total",
      label: "Events",
      align: "right",
      from: "sm",
      cell: ({ total }) => formatNumber(total),
    },
    {
      key: "newest",
      label: "Last event",
      align: "right",
      cell: ({ newestReceivedAt }) => (
        <span className="text-fg2">
          {newestReceivedAt === null ? "never" : <RelativeTime at={newestReceivedAt} />}
        </span>
      ),
    },
  ];
}

/** One value for each day, zero where nothing came. */
function dailyOf(source: EventSource, { from, to, bucketMs }: EventSources): number[] {
  const counts = new Map(source.counts.map(({ at, events }) => [Date.parse(at), events]));
  const start = Date.parse(from);
  const days = Math.ceil((Date.parse(to) - start) / bucketMs);
  return Array.from({ length: days }, (_, day) => counts.get(start + day * bucketMs) ?? 0);
}
