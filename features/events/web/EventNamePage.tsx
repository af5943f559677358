import {
  Badge,
  Card,
  Columns,
  EmptyState,
  LinkButton,
  Loaded,
  Page,
  PageHeader,
  RelativeTime,
  Select,
  SkeletonRows,
  Table,
  TextLink,
  formatCount,
  formatDate,
  formatNumber,
  formatPercent,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { ListTree } from "lucide-react";
import type { ReactNode } from "react";
import { Suspense, lazy } from "react";

import type { EventPlan } from "../api.ts";
import { useLastDays } from "./environment-time.ts";
import { titleOf } from "./explore/answer-words.ts";
import { writeSteps } from "./explore/question.ts";
import { observedSchema } from "./observed-schema.ts";
import type { ObservedProperty } from "./observed-schema.ts";
import { eventNamePage, eventsPage } from "./pages.ts";
import { planQuery, recentQuery, sourcesQuery } from "./queries.ts";
import { Sql } from "./Sql.tsx";
import { bucketFor } from "./time.ts";
import { eventKey, nameOf } from "./words.ts";

const AnswerView = lazy(async () => ({
  default: (await import("./explore/AnswerView.tsx")).AnswerView,
}));

const observedEvents = 200;

const times = [
  { value: "1", label: "Last 24 hours" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "90", label: "Last 90 days" },
] as const;

/** One event name: its volume, split by a property, its values, its schema as observed, who sends it. */
export function EventNamePage() {
  const [search, update] = usePageSearch(eventNamePage);
  const { environment = "production", type, event, property, days } = search;
  const name = nameOf({ type, event });
  const selection = event === "" ? { type } : { type, event };
  const recent = useQuery(recentQuery({ environment, ...selection }, observedEvents));
  const items = recent.data?.items ?? [];
  const schema = observedSchema(items);
  const [newest] = items;
  const explore = (view: "funnel" | "retention" | "series") =>
    eventsPage.href(
      {},
      {
        tab: "explore",
        environment,
        view,
        days,
        split: property,
        of: writeSteps(
          view === "series"
            ? [eventKey({ type, event })]
            : [eventKey({ type, event }), eventKey({ type, event })],
        ),
      },
    );
  return (
    <Page
      title={name === "" ? "Event" : name}
      crumbs={[{ label: "Events", to: eventsPage.href({}, { environment, tab: "catalog" }) }]}
    >
      <PageHeader
        title={name === "" ? "Event" : name}
        badges={
          <>
            <Badge>{type === "" ? "no name chosen" : type}</Badge>
            <Badge>{environment}</Badge>
          </>
        }
        actions={
          <>
            <LinkButton to={eventsPage.href({}, { environment, type, event })}>
              Watch live
            </LinkButton>
            <LinkButton kind="primary" to={explore("series")}>
              Explore
            </LinkButton>
          </>
        }
      >
        {newest === undefined ? (
          recent.data === undefined ? (
            "Reading what has arrived."
          ) : (
            "No event of this name is stored."
          )
        ) : (
          <>
            The newest was received <RelativeTime at={newest.receivedAt} />.
          </>
        )}
      </PageHeader>
      <Columns
        aside={
          <>
            <TopValues search={search} environment={environment} schema={schema} />
            <Senders environment={environment} selection={selection} />
            <Card title="Quick looks">
              <ul className="flex flex-col gap-2">
                <li>
                  <TextLink to={explore("retention")}>Who comes back to it</TextLink>
                </li>
                <li>
                  <TextLink to={explore("funnel")}>A funnel that begins with it</TextLink>
                </li>
              </ul>
            </Card>
          </>
        }
      >
        <Volume
          search={search}
          environment={environment}
          schema={schema}
          onChange={(change) => update(change)}
        />
        <Card
          title="Schema as observed"
          note={`in the newest ${formatCount(items.length, "event")}`}
          flush
        >
          <Loaded query={recent} skeleton={<SkeletonRows />}>
            {() => (
              <Table
                label="Properties as observed"
                stickyHead={false}
                rows={schema}
                rowKey={(row) => row.property}
                columns={schemaColumns}
                empty={
                  <EmptyState icon={<ListTree />} title="Properties appear here with their types">
                    The newest events of this name carry none.
                  </EmptyState>
                }
              />
            )}
          </Loaded>
        </Card>
      </Columns>
    </Page>
  );
}

const schemaColumns = [
  {
    key: "property",
    label: "Property",
    cell: ({ property }: ObservedProperty) => (
      <code className="font-mono text-small">{property}</code>
    ),
  },
  {
    key: "types",
    label: "Types",
    cell: ({ types }: ObservedProperty) => (
      <span className={types.length > 1 ? "text-caution" : "text-fg2"}>{types.join(", ")}</span>
    ),
  },
  {
    key: "presence",
    label: "Present in",
    align: "right",
    cell: ({ presence }: ObservedProperty) => formatPercent(presence, 0),
  },
  {
    key: "example",
    label: "Example",
    from: "md",
    truncate: true,
    width: "40%",
    cell: ({ example }: ObservedProperty) => (
      <code className="font-mono text-small text-fg2" title={example}>
        {example}
      </code>
    ),
  },
] as const;

type Search = { type: string; event: string; property: string; days: number };

function Volume(props: {
  search: Search;
  environment: string;
  schema: readonly ObservedProperty[];
  onChange: (change: Partial<Search>) => void;
}) {
  const { search, environment, schema, onChange } = props;
  const { type, event, property, days } = search;
  const time = useLastDays(environment, days);
  const plan: EventPlan | undefined =
    time === undefined
      ? undefined
      : {
          kind: "series",
          environment,
          events: { ...(type === "" ? {} : { type }), ...(event === "" ? {} : { event }) },
          ...time,
          bucketMs: bucketFor(days),
          ...(property === "" ? {} : { split: { by: "property", property, top: 5 } }),
        };
  const skeleton = (
    <Card title="Volume">
      <SkeletonRows />
    </Card>
  );
  const controls = (
    <>
      <div className="w-40 max-sm:w-32">
        <Select
          label="Split by"
          hideLabel
          options={[
            { value: "", label: "Not split" },
            ...schema.map(({ property: value }) => ({ value, label: `By ${value}` })),
          ]}
          value={property}
          onChange={(next) => onChange({ property: next })}
        />
      </div>
      <div className="w-36">
        <Select
          label="Time"
          hideLabel
          options={times}
          value={times.find(({ value }) => value === String(days))?.value ?? null}
          placeholder={`Last ${days} days`}
          onChange={(next) => onChange({ days: Number(next) })}
        />
      </div>
    </>
  );
  return plan === undefined ? (
    skeleton
  ) : (
    <VolumeOf plan={plan} controls={controls} skeleton={skeleton} />
  );
}

function VolumeOf(props: { plan: EventPlan; controls: ReactNode; skeleton: ReactNode }) {
  const { plan, controls, skeleton } = props;
  const query = useQuery(planQuery(plan));
  return (
    <Loaded query={query} skeleton={skeleton}>
      {(answer) => (
        <div className="flex flex-col gap-3">
          <Card title={titleOf(plan, answer)} actions={controls}>
            <Suspense fallback={<div aria-hidden className="skeleton h-72" />}>
              <AnswerView plan={plan} answer={answer} />
            </Suspense>
          </Card>
          <Sql {...answer} />
        </div>
      )}
    </Loaded>
  );
}

function TopValues(props: {
  search: Search;
  environment: string;
  schema: readonly ObservedProperty[];
}) {
  const { search, environment, schema } = props;
  const property = search.property === "" ? telling(schema) : search.property;
  const time = useLastDays(environment, search.days);
  if (property === undefined || time === undefined) return null;
  const plan: EventPlan = {
    kind: "top",
    environment,
    of: { by: "property", property },
    events: { type: search.type, ...(search.event === "" ? {} : { event: search.event }) },
    ...time,
    limit: 8,
  };
  return <TopValuesOf plan={plan} property={property} />;
}

/** A text property with a few values says more than one with a single one, or with one for each event. */
function telling(schema: readonly ObservedProperty[]): string | undefined {
  const texts = schema.filter(({ types }) => types.includes("text"));
  const some = texts.find(({ values }) => values > 1 && values <= 50);
  return (some ?? texts[0])?.property;
}

function TopValuesOf(props: { plan: EventPlan; property: string }) {
  const query = useQuery(planQuery(props.plan));
  return (
    <Card title="Top values" note={props.property}>
      <Loaded query={query} skeleton={<SkeletonRows rows={4} />}>
        {(answer) => (
          <Suspense fallback={<div aria-hidden className="skeleton h-40" />}>
            <AnswerView plan={props.plan} answer={answer} />
          </Suspense>
        )}
      </Loaded>
    </Card>
  );
}

function Senders(props: { environment: string; selection: { type: string; event?: string } }) {
  const query = useQuery(sourcesQuery(props.environment, props.selection));
  return (
    <Card title="Sent by" note="last 30 days">
      <Loaded query={query} skeleton={<SkeletonRows rows={2} />}>
        {({ items }) => (
          <ul className="flex flex-col gap-3">
            {items
              .toSorted((one, other) => other.total - one.total)
              .map((source) => (
                <li key={source.id} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3">
                  <span className="truncate font-medium">{source.name}</span>
                  <span className="text-right tabular-nums">{formatNumber(source.total)}</span>
                  <span className="truncate text-small text-fg3">
                    {source.library === null
                      ? "names no client"
                      : `${source.library.name} ${source.library.version ?? ""}`}
                  </span>
                  <span className="text-right text-small text-fg3">
                    {source.counts[0] !== undefined && `since ${formatDate(source.counts[0].at)}`}
                  </span>
                </li>
              ))}
            {items.length === 0 && <li className="text-fg2">Nobody in this time.</li>}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}
