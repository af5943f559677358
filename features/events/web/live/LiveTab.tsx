import {
  AbsoluteTime,
  Badge,
  Button,
  Card,
  EmptyState,
  LinkButton,
  Loaded,
  Select,
  SkeletonRows,
  Table,
  TextField,
  formatClock,
  formatCount,
  formatNumber,
  useHrefWith,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Activity, Pause, Play } from "lucide-react";
import type { KeyboardEvent } from "react";
import { useEffect } from "react";

import { eventsPage } from "../pages.ts";
import { recentQuery, sourcesQuery } from "../queries.ts";
import { nameOf } from "../words.ts";
import { addStored, itemKey, setPaused, SHOWN_ITEMS, useFeed, useLiveStream } from "./feed.ts";
import type { Feed, FeedItem } from "./feed.ts";
import { EventVerdict } from "./Verdict.tsx";

const types = [
  { value: "", label: "Every call" },
  { value: "track", label: "track" },
  { value: "identify", label: "identify" },
  { value: "page", label: "page" },
  { value: "screen", label: "screen" },
  { value: "group", label: "group" },
  { value: "alias", label: "alias" },
  { value: "exposure", label: "exposure" },
  { value: "bad", label: "bad events" },
] as const;

/** Up and down go from row to row, as in a list. */
function moveInList(event: KeyboardEvent<HTMLDivElement>): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLAnchorElement>("tbody a")];
  const next = links[links.findIndex((link) => link === document.activeElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** Events as they arrive, newest on top. */
export function LiveTab(props: { environment: string }) {
  const { environment } = props;
  const [search, update] = usePageSearch(eventsPage);
  const hrefWith = useHrefWith(eventsPage);
  const { type, event, unit, source } = search;
  const query = new URLSearchParams(
    Object.entries({ environment, type, event, unit, source }).filter(([, value]) => value !== ""),
  );
  useLiveStream(`/api/v1/events/live?${query.toString()}`);
  const feed = useFeed();
  // What came just before the stream began is stored within two seconds, so the list is read a few
  // times; without the stream it is read anew for as long as that lasts.
  const stored = useQuery({
    ...recentQuery({ environment, type, event, unit }),
    refetchInterval: ({ state }) =>
      feed.state === "away" ? 3_000 : state.dataUpdateCount < 4 ? 1_200 : false,
  });
  const sources = useQuery(sourcesQuery(environment));
  useEffect(() => {
    const items = stored.data?.items ?? [];
    addStored(source === "" ? items : items.filter((item) => item.source === source));
  }, [stored.data, source, environment, type, event, unit]);
  const filtered = type !== "" || event !== "" || unit !== "" || source !== "";
  const sourceNames = new Map(sources.data?.items.map(({ id, name }) => [id, name]));
  return (
    <>
      <Filters
        search={search}
        sources={[...sourceNames].map(([value, label]) => ({ value, label }))}
        onChange={(change) => update(change)}
      />
      <Card
        flush
        title={<LiveState feed={feed} />}
        note={<LiveNote feed={feed} />}
        actions={
          <Button
            small
            aria-pressed={feed.paused}
            icon={feed.paused ? <Play aria-hidden /> : <Pause aria-hidden />}
            onClick={() => setPaused(!feed.paused)}
          >
            {feed.paused
              ? feed.held.length === 0
                ? "Resume"
                : `Show ${formatNumber(feed.held.length)} new`
              : "Pause"}
          </Button>
        }
        foot={`The newest ${SHOWN_ITEMS} are shown. An event appears when it is on the disk.`}
      >
        <Loaded query={stored} skeleton={<SkeletonRows />}>
          {() => (
            <div role="presentation" onKeyDown={moveInList}>
              <Table
                label="Newest events"
                rows={feed.items}
                rowKey={itemKey}
                rowTo={(item) => hrefWith({ open: itemKey(item) })}
                selectedKey={search.open}
                isNew={(item) => item.isNew === true}
                columns={columnsWith(sourceNames)}
                empty={<Nothing filtered={filtered} environment={environment} />}
              />
            </div>
          )}
        </Loaded>
      </Card>
    </>
  );
}

function Filters(props: {
  search: { type: string; event: string; unit: string; source: string };
  sources: readonly { value: string; label: string }[];
  onChange: (change: { type?: string; event?: string; unit?: string; source?: string }) => void;
}) {
  const { search, sources, onChange } = props;
  return (
    <div className="mb-4 grid max-w-3xl grid-cols-2 gap-3 md:grid-cols-[8rem_minmax(0,1fr)_minmax(0,1fr)_minmax(0,10rem)]">
      <Select
        label="Call"
        hideLabel
        options={types}
        value={types.find(({ value }) => value === search.type)?.value ?? ""}
        onChange={(type) => onChange({ type })}
      />
      <TextField
        label="Event name"
        hideLabel
        type="search"
        placeholder="Event name"
        value={search.event}
        onChange={(event) => onChange({ event })}
      />
      <TextField
        label="Person"
        hideLabel
        type="search"
        placeholder="User or anonymous id"
        value={search.unit}
        onChange={(unit) => onChange({ unit })}
      />
      <Select
        label="Source"
        hideLabel
        options={[{ value: "", label: "Every source" }, ...sources]}
        value={search.source}
        onChange={(source) => onChange({ source })}
      />
    </div>
  );
}

function LiveState(props: { feed: Feed }) {
  const { state, paused } = props.feed;
  if (paused) return <Badge tone="caution">Paused</Badge>;
  if (state === "live")
    return (
      <Badge tone="accent" dot>
        Live
      </Badge>
    );
  return state === "connecting" ? (
    <Badge>Connecting</Badge>
  ) : (
    <Badge tone="caution">Read every 3 s</Badge>
  );
}

function LiveNote(props: { feed: Feed }) {
  const { items, dropped } = props.feed;
  return (
    <output aria-live="polite" className="tabular-nums">
      {formatCount(items.length, "event")} shown
      {dropped > 0 && `, ${formatNumber(dropped)} left out of view`}
    </output>
  );
}

function Nothing(props: { filtered: boolean; environment: string }) {
  const { filtered, environment } = props;
  return (
    <EmptyState
      icon={<Activity />}
      title={filtered ? "No event fits these filters" : "Events appear here as they arrive"}
      action={
        <LinkButton
          to={eventsPage.href(
            {},
            filtered ? { environment } : { environment, tab: "sources", connect: "segment-node" },
          )}
        >
          {filtered ? "Show all" : "Send the first one"}
        </LinkButton>
      }
    >
      {filtered
        ? "New ones that fit appear by themselves."
        : "Metrics are computed from them, so what is missing here is missing there."}
    </EmptyState>
  );
}

function columnsWith(sourceNames: ReadonlyMap<string, string>): readonly Column<FeedItem>[] {
  return [
    {
      key: "event",
      label: "Event",
      cell: (item) => (
        <span className="lg:whitespace-nowrap">
          <span
            title={nameOf(item)}
            className="font-medium sm:inline-block sm:max-w-64 sm:truncate sm:align-bottom"
          >
            {nameOf(item)}
          </span>{" "}
          {item.type !== "track" && item.event !== "" && (
            <span className="text-small font-normal text-fg3">{item.type}</span>
          )}
        </span>
      ),
    },
    {
      key: "received",
      label: "Received",
      cell: ({ receivedAt }) => (
        <span className="whitespace-nowrap text-fg2">
          <AbsoluteTime at={receivedAt} format={formatClock} />
        </span>
      ),
    },
    {
      key: "unit",
      label: "Person",
      from: "sm",
      truncate: true,
      width: "14%",
      cell: ({ unit }) => <code className="font-mono text-small">{unit}</code>,
    },
    {
      key: "source",
      label: "Source",
      from: "md",
      truncate: true,
      width: "13%",
      cell: ({ source }) => <span className="text-fg2">{sourceNames.get(source) ?? source}</span>,
    },
    {
      key: "verdict",
      label: "Plan or variant",
      cell: (item) =>
        item.variant === null || item.flagKey === null ? (
          <EventVerdict item={item} />
        ) : (
          <Badge title={`${item.flagKey}: ${item.variant}`}>
            <span className="max-w-24 truncate sm:max-w-64">
              <span className="max-sm:hidden">{item.flagKey}: </span>
              {item.variant}
            </span>
          </Badge>
        ),
    },
    {
      key: "properties",
      label: "Properties",
      from: "lg",
      truncate: true,
      width: "22%",
      cell: ({ properties }) => {
        const text = JSON.stringify(properties);
        return (
          <code title={text} className="font-mono text-small text-fg2">
            {text === "{}" ? "" : text}
          </code>
        );
      },
    },
  ];
}
