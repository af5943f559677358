import {
  Badge,
  Button,
  Card,
  ConfirmDialog,
  EmptyState,
  Loaded,
  Page,
  PageHeader,
  RelativeTime,
  SkeletonRows,
  Table,
  apiClient,
  useCommand,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { BellRing, Plus, Siren } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import type { AlertReceiverView, AlertView } from "../../api.ts";
import { receiversPage, rolloutsPage } from "../pages.ts";
import { alertsQuery, receiversQuery } from "./queries.ts";

const NewReceiverDialog = lazy(async () => ({
  default: (await import("./NewReceiverDialog.tsx")).NewReceiverDialog,
}));

const crumbs = [{ label: "Rollouts", to: rolloutsPage.href() }] as const;
const title = "Alert receivers";

/** Where other systems send their alerts, for guards of the kind "An alert fires". */
export function ReceiversPage() {
  const [search, update] = usePageSearch(receiversPage);
  const mayEdit = useMay("key.edit");
  const query = useQuery(receiversQuery);
  useLive("guards", ["alert-receivers"], ["alerts"]);
  const open = () => update({ new: true }, "push");
  const add = mayEdit && (
    <Button kind="primary" icon={<Plus aria-hidden />} onClick={open}>
      New receiver
    </Button>
  );
  return (
    <Page title={title} crumbs={crumbs}>
      <PageHeader title={title} actions={query.data?.items.length === 0 ? null : add}>
        {answerOf(query.data?.items)}
      </PageHeader>
      <div className="flex flex-col gap-5">
        <Card title="Receivers" flush>
          <Loaded query={query} skeleton={<SkeletonRows />}>
            {({ items }) => (
              <ReceiversTable items={items} mayEdit={mayEdit} onNew={mayEdit ? open : undefined} />
            )}
          </Loaded>
        </Card>
        <AlertsCard />
      </div>
      {search.new && mayEdit && (
        <Suspense>
          <NewReceiverDialog onClose={() => update({ new: false })} />
        </Suspense>
      )}
    </Page>
  );
}

function answerOf(items: readonly AlertReceiverView[] | undefined): string {
  if (items === undefined)
    return "Guards can hold a rollout, or take it back, while an alert fires.";
  const open = items.filter(({ revokedAt }) => revokedAt === null);
  const silent = open.filter(({ lastUsedAt }) => lastUsedAt === null).length;
  if (open.length === 0)
    return "No system can send alerts yet, so guards that read them have no data.";
  const words = open.length === 1 ? "One system may" : `${open.length} systems may`;
  return silent === 0
    ? `${words} send alerts.`
    : `${words} send alerts; ${silent === open.length ? "none has" : `${silent} have not`} sent any yet.`;
}

function ReceiversTable(props: {
  items: readonly AlertReceiverView[];
  mayEdit: boolean;
  onNew: (() => void) | undefined;
}) {
  const { items, mayEdit, onNew } = props;
  const [closing, setClosing] = useState<AlertReceiverView>();
  const revoke = useCommand({
    run: (id: string) => apiClient.delete<AlertReceiverView>(`/alert-receivers/${id}`),
    refresh: [["alert-receivers"]],
    done: "Receiver revoked",
    inline: true,
    onDone: () => setClosing(undefined),
  });
  return (
    <>
      <Table
        label="Alert receivers"
        stickyHead={false}
        rows={items}
        rowKey={({ id }) => id}
        columns={columnsFor(mayEdit ? setClosing : undefined)}
        empty={
          <EmptyState
            icon={<BellRing />}
            title="Systems that may send alerts appear here"
            action={
              onNew === undefined ? undefined : (
                <Button kind="primary" icon={<Plus aria-hidden />} onClick={onNew}>
                  New receiver
                </Button>
              )
            }
          >
            A rollout can then stop when Prometheus, Grafana or anything that speaks Alertmanager’s
            format says that something is wrong.
          </EmptyState>
        }
      />
      <ConfirmDialog
        open={closing !== undefined}
        onOpenChange={(open) => !open && setClosing(undefined)}
        title={`Revoke ${closing?.name ?? ""}?`}
        description="What it sends is refused from now on. Alerts that fire stay known until they go stale; guards without any receiver have no data, which holds."
        act="Revoke receiver"
        danger
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => closing !== undefined && revoke.mutate(closing.id)}
      />
    </>
  );
}

function columnsFor(
  onRevoke: ((receiver: AlertReceiverView) => void) | undefined,
): readonly Column<AlertReceiverView>[] {
  return [
    { key: "name", label: "System", truncate: true, cell: ({ name }) => name },
    {
      key: "state",
      label: "State",
      cell: ({ revokedAt, lastUsedAt }) =>
        revokedAt !== null ? (
          <Badge dashed>Revoked</Badge>
        ) : lastUsedAt === null ? (
          <Badge tone="caution">Waiting for the first alert</Badge>
        ) : (
          <Badge tone="positive">Open</Badge>
        ),
    },
    {
      key: "created",
      label: "Created",
      align: "right",
      from: "sm",
      cell: ({ createdAt }) => <RelativeTime at={createdAt} />,
    },
    {
      key: "used",
      label: "Last used",
      align: "right",
      from: "sm",
      cell: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <span className="text-fg3">never</span>
        ) : (
          <RelativeTime at={lastUsedAt} />
        ),
    },
    {
      key: "acts",
      label: "Acts",
      hideLabel: true,
      align: "right",
      cell: (receiver) =>
        onRevoke !== undefined && receiver.revokedAt === null ? (
          <Button small kind="danger" onClick={() => onRevoke(receiver)}>
            Revoke<span className="sr-only"> {receiver.name}</span>
          </Button>
        ) : null,
    },
  ];
}

function AlertsCard() {
  const query = useQuery(alertsQuery);
  return (
    <Card title="Alerts" note="those heard of last first" flush>
      <Loaded query={query} skeleton={<SkeletonRows />}>
        {({ items }) => (
          <Table
            label="Alerts"
            stickyHead={false}
            rows={items}
            rowKey={({ receiverId, fingerprint }) => `${receiverId} ${fingerprint}`}
            columns={alertColumns}
            empty={
              <EmptyState icon={<Siren />} title="No alert was heard of">
                Firing and resolved alerts of every receiver are listed here with their labels.
              </EmptyState>
            }
          />
        )}
      </Loaded>
    </Card>
  );
}

const alertColumns: readonly Column<AlertView>[] = [
  {
    key: "alert",
    label: "Alert",
    cell: ({ labels }) => (
      <span className="block max-w-64 truncate">{labels["alertname"] ?? "without a name"}</span>
    ),
  },
  {
    key: "status",
    label: "State",
    cell: ({ status }) =>
      status === "firing" ? <Badge tone="negative">Firing</Badge> : <Badge>Resolved</Badge>,
  },
  {
    key: "labels",
    label: "Labels",
    from: "md",
    cell: ({ labels }) => (
      <span className="block py-1 font-mono text-small break-all text-fg2">
        {Object.entries(labels)
          .filter(([label]) => label !== "alertname")
          .map(([label, value]) => `${label}=${value}`)
          .join(" ")}
      </span>
    ),
  },
  {
    key: "at",
    label: "Heard of",
    align: "right",
    cell: ({ receivedAt }) => <RelativeTime at={receivedAt} />,
  },
];
