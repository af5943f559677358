import {
  Badge,
  Card,
  Columns,
  EmptyState,
  KeyValues,
  Loaded,
  Meter,
  SkeletonRows,
  Table,
  formatNumber,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Radio } from "lucide-react";

import type { Clients, ReceiptStatusView } from "../../clients-api.ts";
import type { FlagPlace } from "../place.ts";
import { ParityCard } from "./ParityCard.tsx";
import { clientsQuery, receiptsQuery } from "./queries.ts";
import { protocolNames, receiptWords, secondsOf } from "./receipt-words.ts";

type Group = Clients["items"][number];

/** Who listens for changes, which revision each one has, and how fast the last one came. */
export function ClientsTab(props: { at: FlagPlace }) {
  const { environment } = props.at;
  const clients = useQuery(clientsQuery(environment));
  return (
    <Columns
      aside={
        <>
          <ReceiptsCard at={props.at} />
          <ParityCard environment={environment} />
        </>
      }
    >
      <Card
        title="Connected clients"
        note={`${environment}, over all nodes; a client listens for every flag`}
        flush
      >
        <Loaded query={clients} skeleton={<SkeletonRows rows={4} />}>
          {({ items, revision }) => (
            <Table
              label="Connected clients"
              stickyHead={false}
              rows={items}
              rowKey={(row) => `${row.protocol} ${row.name} ${row.version} ${row.revision}`}
              columns={columnsWith(revision)}
              empty={
                <EmptyState icon={<Radio />} title={`No client listens in ${environment}`}>
                  SDKs, flagd providers and OFREP clients with an event stream appear here with the
                  revision they have. Clients that only ask are not listed.
                </EmptyState>
              }
            />
          )}
        </Loaded>
      </Card>
    </Columns>
  );
}

function columnsWith(newest: number): readonly Column<Group>[] {
  return [
    {
      key: "client",
      label: "Client",
      cell: ({ name, version }) => (
        <span>
          <span className="font-medium">{name === "" ? "unnamed" : name}</span>{" "}
          <span className="text-fg2">{version}</span>
        </span>
      ),
    },
    {
      key: "protocol",
      label: "Protocol",
      from: "sm",
      cell: ({ protocol }) => <span className="text-fg2">{protocolNames[protocol]}</span>,
    },
    {
      key: "revision",
      label: "Revision",
      cell: ({ revision, protocol }) => (
        <span className="flex flex-wrap items-center gap-1.5 tabular-nums">
          {revision}
          {revision < newest && (
            <Badge tone="caution">{formatNumber(newest - revision)} behind</Badge>
          )}
          {protocol !== "sdk" && <span className="text-small text-fg3">delivered</span>}
        </span>
      ),
    },
    {
      key: "clients",
      label: "Clients",
      align: "right",
      cell: ({ clients }) => formatNumber(clients),
    },
  ];
}

function ReceiptsCard(props: { at: FlagPlace }) {
  const { environment, place } = props.at;
  const revision = place?.published?.revision;
  if (revision === undefined) return null;
  return <Receipts environment={environment} revision={revision} />;
}

function Receipts(props: { environment: string; revision: number }) {
  const { environment, revision } = props;
  const query = useQuery(receiptsQuery(environment, revision));
  return (
    <Card
      title="Receipts"
      note={`revision ${revision}`}
      foot="Only SDKs acknowledge, once they evaluate with a revision. For other protocols a revision counts as delivered when it was sent."
    >
      <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
        {(receipts) => <ReceiptsOf receipts={receipts} />}
      </Loaded>
    </Card>
  );
}

function ms(value: number | null): string {
  return value === null ? "–" : secondsOf(value);
}

function ReceiptsOf(props: { receipts: ReceiptStatusView }) {
  const { receipts } = props;
  const { acknowledged, expected, delivered, connected, p50Ms, p99Ms } = receipts;
  const words = receiptWords(receipts);
  return (
    <div className="flex flex-col gap-3">
      <p className="text-panel font-semibold tabular-nums" aria-live="polite">
        {words}
      </p>
      {expected > 0 && <Meter label={words} value={acknowledged} max={expected} tone="positive" />}
      <KeyValues
        narrow
        items={[
          {
            key: "Answered",
            value: `${formatNumber(acknowledged)} of ${formatNumber(expected)} SDK clients`,
          },
          {
            key: "Delivered",
            value: `${formatNumber(delivered)} of ${formatNumber(connected)} connected`,
          },
          { key: "Half after", value: ms(p50Ms) },
          { key: "99% after", value: ms(p99Ms) },
        ]}
      />
    </div>
  );
}
