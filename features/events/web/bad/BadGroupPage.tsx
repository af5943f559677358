import {
  Button,
  Card,
  CodeBlock,
  EmptyState,
  KeyValues,
  Loaded,
  Page,
  PageHeader,
  RelativeTime,
  SkeletonRows,
  Table,
  VerdictBanner,
  apiClient,
  formatCount,
  useCommand,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import type { BadEventView, BadGroupKey, RunView } from "../../bad-event-api.ts";
import { badGroupPage, eventsPage } from "../pages.ts";
import { RunState } from "./BadTab.tsx";
import { badListQuery, runsQuery } from "./queries.ts";

const MapDialog = lazy(async () => ({ default: (await import("./MapDialog.tsx")).MapDialog }));
const DismissDialog = lazy(async () => ({
  default: (await import("./DismissDialog.tsx")).DismissDialog,
}));
const FixDialog = lazy(async () => ({ default: (await import("./FixDialog.tsx")).FixDialog }));

const sameGroup = (a: BadGroupKey, b: BadGroupKey) =>
  a.event === b.event &&
  a.kind === b.kind &&
  a.plan === b.plan &&
  a.path === b.path &&
  a.reason === b.reason;

/** The bad events of one fault, and what can be done about them. */
export function BadGroupPage() {
  const [search, update] = usePageSearch(badGroupPage);
  const environment = search.environment ?? "production";
  const { event, kind, path, reason } = search;
  const group: BadGroupKey = { event, kind, path, reason, plan: search.plan ?? null };
  const [cursor, setCursor] = useState<string | undefined>(undefined);
  const query = useQuery(badListQuery(environment, group, cursor));
  const runs = useQuery(runsQuery(environment));
  const mayReplay = useMay("event.replay");
  useLive("bad-events", ["bad-events"]);
  const run = runs.data?.items.find((one) => sameGroup(one.group, group));
  const replay = useCommand({
    run: () => apiClient.post<RunView>("/events/bad/replay", { environment, group }),
    refresh: [["bad-events"]],
    done: "Replaying",
  });
  const items = query.data?.items ?? [];
  const open = items.find((one) => one.messageId === search.message);
  const close = () => update({ act: undefined, message: undefined });
  return (
    <Page
      title={event || "Bad events"}
      crumbs={[
        { label: "Events", to: eventsPage.href({}, { environment }) },
        { label: "Bad events", to: eventsPage.href({}, { tab: "bad", environment }) },
      ]}
    >
      <PageHeader
        title={event || "Events without a name"}
        actions={
          mayReplay &&
          items.length > 0 && (
            <>
              <Button onClick={() => update({ act: "dismiss" })}>Dismiss</Button>
              <Button busy={replay.isPending} onClick={() => replay.mutate(undefined)}>
                Replay as they are
              </Button>
              <Button kind="primary" onClick={() => update({ act: "map" })}>
                Map and replay
              </Button>
            </>
          )
        }
      >
        <span className="break-all font-mono text-small">{path || "/"}</span> {reason}.
      </PageHeader>
      <div className="flex flex-col gap-5">
        {run !== undefined && <RunCard run={run} />}
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {(page) => (
            <GroupBody
              items={page.items}
              group={group}
              mayReplay={mayReplay}
              onFix={(message) => update({ act: "fix", message })}
              onNext={page.next === null ? undefined : () => setCursor(page.next ?? undefined)}
            />
          )}
        </Loaded>
      </div>
      <Suspense fallback={null}>
        {search.act === "map" && mayReplay && (
          <MapDialog environment={environment} group={group} onClose={close} />
        )}
        {search.act === "dismiss" && mayReplay && (
          <DismissDialog environment={environment} group={group} onClose={close} />
        )}
        {search.act === "fix" && mayReplay && open !== undefined && (
          <FixDialog environment={environment} bad={open} onClose={close} />
        )}
      </Suspense>
    </Page>
  );
}

function RunCard(props: { run: RunView }) {
  const { run } = props;
  const ended = run.finishedAt;
  return (
    <Card
      title={run.action === "replay" ? "Last replay" : "Last dismissal"}
      note={ended === null ? "running" : <RelativeTime at={ended} />}
    >
      <div className="flex flex-col gap-3">
        <RunState run={run} />
        <p className="text-fg2">
          {formatCount(run.resolved, "event")} of {run.total}{" "}
          {run.action === "replay" ? "taken in" : "dismissed"}
          {run.stillBad > 0 && `, ${run.stillBad} still fail and stay below`}.
          {run.failure !== null && ` It stopped: ${run.failure}.`}
        </p>
      </div>
    </Card>
  );
}

function GroupBody(props: {
  items: readonly BadEventView[];
  group: BadGroupKey;
  mayReplay: boolean;
  onFix: (messageId: string) => void;
  onNext: (() => void) | undefined;
}) {
  const { items, group, mayReplay, onFix, onNext } = props;
  const [sample] = items;
  if (sample === undefined)
    return (
      <VerdictBanner tone="positive" title="None of these waits any more" icon={<CircleCheck />}>
        They were taken in or dismissed. What arrives with this fault from now on appears here.
      </VerdictBanner>
    );
  return (
    <>
      <Card title="As it was sent" note={<RelativeTime at={sample.receivedAt} />}>
        <div className="flex flex-col gap-4">
          <KeyValues
            items={[
              { key: "Where", value: <span className="font-mono">{sample.at || "/"}</span> },
              { key: "Sent there", value: <SentThere bad={sample} /> },
              { key: "Plan", value: group.plan ?? "none: the event cannot be read" },
            ]}
          />
          <CodeBlock
            label="The event as it was sent"
            language="json"
            code={JSON.stringify(sample.raw, null, 2)}
          />
        </div>
      </Card>
      <Card
        title="Waiting"
        note="oldest first"
        flush
        foot={onNext === undefined ? undefined : <Button onClick={onNext}>Next page</Button>}
      >
        <Table
          label="Bad events of this fault"
          stickyHead={false}
          rows={items}
          rowKey={({ source, messageId }) => `${source} ${messageId}`}
          columns={[
            {
              key: "message",
              label: "Message",
              cell: ({ messageId }) => <MessageId id={messageId.replace(/^bad:/, "")} />,
            },
            { key: "unit", label: "Person or unit", from: "sm", cell: ({ unit }) => unit || "–" },
            { key: "sent", label: "Sent there", cell: (bad) => <SentThere bad={bad} /> },
            {
              key: "received",
              label: "Received",
              align: "right",
              from: "sm",
              cell: ({ receivedAt }) => <RelativeTime at={receivedAt} />,
            },
            {
              key: "act",
              label: "Act",
              hideLabel: true,
              align: "right",
              cell: (bad) =>
                mayReplay && (
                  <Button small onClick={() => onFix(bad.messageId)}>
                    Fix by hand
                  </Button>
                ),
            },
          ]}
          empty={<EmptyState title="None waits">All were dealt with.</EmptyState>}
        />
      </Card>
    </>
  );
}

const shownEnd = 16;

/** Ids of one client begin alike: their end tells them apart. */
function MessageId(props: { id: string }) {
  const { id } = props;
  return (
    <span title={id} className="font-mono text-small whitespace-nowrap">
      {id.length > shownEnd + 1 ? `…${id.slice(-shownEnd)}` : id}
    </span>
  );
}

/** The value at the faulty place of an event. */
function SentThere(props: { bad: BadEventView }) {
  const { raw, at } = props.bad;
  let place: unknown = raw;
  for (const step of at.split("/").slice(1)) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    place =
      typeof place === "object" && place !== null && Object.hasOwn(place, key)
        ? Reflect.get(place, key)
        : undefined;
  }
  if (place === undefined) return <span className="text-fg3">nothing</span>;
  return (
    <code className="w-fit break-all rounded-badge bg-caution-tint px-1.5 py-0.5 text-caution">
      {JSON.stringify(place).slice(0, 200)}
    </code>
  );
}
