import {
  AbsoluteTime,
  Badge,
  Card,
  EmptyState,
  Loaded,
  Page,
  PageHeader,
  Person,
  SkeletonRows,
  Table,
  TextLink,
  buttonClasses,
  classes,
  formatClock,
  formatDay,
  toneText,
  useHrefWith,
  useLive,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column, Instant } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Download, ScrollText } from "lucide-react";
import { Fragment, Suspense, lazy, useState } from "react";

import type { AuditEntry, AuditPage as AuditPageDocument } from "../api.ts";
import { Filters, isFiltered } from "./Filters.tsx";
import { auditPage } from "./pages.ts";
import { entriesQuery } from "./queries.ts";
import { VerificationBanner } from "./VerificationBanner.tsx";
import { VerifyCards } from "./VerifyCards.tsx";
import { detailWords, kindOf, nameOf, subjectWords, toneOf } from "./words.ts";

const EntryPanel = lazy(async () => ({ default: (await import("./EntryPanel.tsx")).EntryPanel }));

const pendingMs = 1_000;

/** The whole history of the workspace: is it intact, and what does it say? */
export function AuditPage() {
  const [{ entry, cursor, ...filter }, update] = usePageSearch(auditPage);
  const hrefWith = useHrefWith(auditPage);
  useLive("audit", ["audit", "entries"], ["audit", "checkpoint"]);
  const query = useQuery({
    ...entriesQuery(filter, cursor),
    // The event comes with the change, a moment before the entry has its place.
    refetchInterval: ({ state }) => (state.data?.pending.length ?? 0) > 0 && pendingMs,
  });
  return (
    <Page
      title="Audit log"
      crumbs={[{ label: "Assurance", to: auditPage.href() }]}
      actions={
        <a className={buttonClasses({})} href="/api/v1/audit/export" download>
          <Download aria-hidden />
          Export NDJSON
        </a>
      }
      panel={
        entry !== undefined && (
          <Suspense>
            <EntryPanel entry={entry} closeTo={hrefWith({ entry: undefined })} />
          </Suspense>
        )
      }
    >
      <PageHeader title="Audit log">
        Everything that changed this workspace, in the order in which it happened.
      </PageHeader>
      <div className="mb-5 flex flex-col gap-3">
        <VerificationBanner />
      </div>
      <Filters filter={filter} onChange={(change) => update({ ...change, cursor: undefined })} />
      <Card flush>
        <Loaded query={query} skeleton={<SkeletonRows rows={12} />}>
          {(page) => (
            <Entries
              page={page}
              first={cursor === undefined}
              filtered={isFiltered(filter)}
              selected={entry}
              rowTo={({ id }) => hrefWith({ entry: id })}
            />
          )}
        </Loaded>
      </Card>
      <nav aria-label="Pages of the log" className="mt-3 flex justify-between gap-4">
        {cursor === undefined ? (
          <span />
        ) : (
          <TextLink to={hrefWith({ cursor: undefined })}>Newest entries</TextLink>
        )}
        {query.data?.next !== null && query.data?.next !== undefined && (
          <TextLink to={hrefWith({ cursor: query.data.next })}>Older entries</TextLink>
        )}
      </nav>
      <div className="mt-8">
        <VerifyCards />
      </div>
    </Page>
  );
}

function Entries(props: {
  page: AuditPageDocument;
  first: boolean;
  filtered: boolean;
  selected: string | undefined;
  rowTo: (entry: AuditEntry) => string;
}) {
  const { page, first, filtered, selected, rowTo } = props;
  // A moment after its commit an entry is in both lists.
  const placed = new Set(page.items.map(({ id }) => id));
  const rows = [...page.pending.filter(({ id }) => !placed.has(id)), ...page.items];
  const [openedAt] = useState(() => Date.now());
  return (
    <Table
      label="Audit entries"
      rows={rows}
      rowKey={({ id }) => id}
      rowTo={rowTo}
      selectedKey={rows.find((row) => row.id === selected || String(row.index) === selected)?.id}
      isNew={({ at }) => first && Date.parse(at) > openedAt}
      columns={columns}
      empty={
        filtered ? (
          <EmptyState
            icon={<ScrollText />}
            title="No entry fits these filters"
            link={<TextLink to={auditPage.href()}>Show all</TextLink>}
          />
        ) : (
          <EmptyState icon={<ScrollText />} title="What changes this workspace appears here">
            Each change writes its entry by itself, and nobody can take one out unseen.
          </EmptyState>
        )
      }
    />
  );
}

/** To the second: several entries of one minute are the rule here. */
function formatExactly(at: Instant): string {
  return `${formatDay(at)}, ${formatClock(at)}`;
}

function actionColor(action: string): string | false {
  const tone = toneOf(action);
  return tone !== "plain" && toneText[tone];
}

function ActionName({ action }: { action: string }) {
  return (
    <code className={classes("font-mono text-small break-words", actionColor(action))}>
      {action.split(".").map((part, at) => (
        <Fragment key={part}>
          {at > 0 && "."}
          {at > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  );
}

const columns: readonly Column<AuditEntry>[] = [
  {
    key: "index",
    label: "Entry",
    width: "4.75rem",
    cell: ({ index }) =>
      index === null ? (
        <Badge dashed title="Recorded with its change; gets its place in the log in a moment">
          pending
        </Badge>
      ) : (
        <span className="tabular-nums">{index.toLocaleString("en-US")}</span>
      ),
  },
  {
    key: "action",
    label: "Action",
    width: "12rem",
    cell: (entry) => (
      <>
        <ActionName action={entry.action} />
        <span className="block text-small break-words text-fg3 md:hidden">
          <span className="sm:hidden">{nameOf(entry)} · </span>
          {subjectWords(entry)}
        </span>
      </>
    ),
  },
  {
    key: "actor",
    label: "Actor",
    from: "sm",
    width: "11rem",
    cell: (entry) => <Person name={nameOf(entry)} kind={kindOf(entry)} />,
  },
  {
    key: "subject",
    label: "Subject and detail",
    from: "md",
    truncate: true,
    cell: (entry) => (
      <>
        {subjectWords(entry)} <span className="text-fg3">{detailWords(entry)}</span>
      </>
    ),
  },
  {
    key: "time",
    label: "Time",
    align: "right",
    width: "9.5rem",
    cell: ({ at }) => (
      <span className="text-fg2 tabular-nums whitespace-nowrap">
        <AbsoluteTime at={at} format={formatExactly} />
      </span>
    ),
  },
];
