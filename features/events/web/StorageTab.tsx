import {
  Badge,
  Card,
  Columns,
  EmptyState,
  KeyValues,
  Loaded,
  Notice,
  RelativeTime,
  SkeletonRows,
  Table,
  VerdictBanner,
  formatBytes,
  formatCount,
  formatNumber,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Database } from "lucide-react";

import type { EventStorage } from "../api.ts";
import { ExportCard } from "./ExportCard.tsx";
import { storageQuery } from "./queries.ts";
import { EraseCard } from "./storage/EraseCard.tsx";
import { RetentionCard } from "./storage/RetentionCard.tsx";

/** How events are kept on this server, and whether it can still write them. */
export function StorageTab(props: { environment: string }) {
  const query = useQuery(storageQuery);
  return (
    <Loaded query={query} skeleton={<SkeletonRows />}>
      {(storage) => (
        <div className="flex flex-col gap-5">
          <Answer storage={storage} />
          {storage.damaged.length > 0 && <Damaged files={storage.damaged} />}
          <Columns
            aside={
              <>
                <Card
                  title="On this disk"
                  actions={
                    <Badge tone={storage.failure === null ? "positive" : "negative"}>
                      {storage.failure === null ? "Writing" : "Failing"}
                    </Badge>
                  }
                >
                  <KeyValues
                    narrow
                    items={[
                      {
                        key: "Segments",
                        value: `${formatCount(storage.segments, "file")}, ${formatBytes(storage.segmentBytes)}`,
                      },
                      {
                        key: "Open log",
                        value:
                          storage.openLogBytes === 0
                            ? "nothing"
                            : `${formatBytes(storage.openLogBytes)}, acknowledged just now`,
                      },
                      { key: "Waiting", value: waitingWords(storage) },
                      {
                        key: "Remembered",
                        value: `${formatNumber(storage.rememberedMessages)} message ids, against repeats`,
                      },
                      {
                        key: "Refused",
                        value:
                          storage.suppressedIdentifiers === 0
                            ? "nobody who was erased"
                            : `${formatCount(storage.suppressedIdentifiers, "identifier")} of erased people`,
                      },
                      {
                        key: "Cut off",
                        value:
                          storage.droppedBytes === 0
                            ? "nothing at the last start"
                            : `${formatBytes(storage.droppedBytes)} half-written at the last start`,
                      },
                      ...(storage.damagedLogs.length === 0
                        ? []
                        : [
                            {
                              key: "Damaged log",
                              value: `${formatBytes(storage.damagedLogs.reduce((sum, { bytes }) => sum + bytes, 0))} set aside: ${storage.damagedLogs.map(({ name }) => name).join(", ")}`,
                            },
                          ]),
                    ]}
                  />
                </Card>
                <RetentionCard environment={props.environment} />
              </>
            }
          >
            <Card title="By environment" note="with bad events and recorded contexts" flush>
              <Table
                label="Stored by environment"
                stickyHead={false}
                rows={storage.environments}
                rowKey={({ environment }) => environment}
                columns={[
                  {
                    key: "environment",
                    label: "Environment",
                    cell: ({ environment }) => environment,
                  },
                  {
                    key: "events",
                    label: "Stored",
                    align: "right",
                    cell: ({ events }) => formatNumber(events),
                  },
                  {
                    key: "newest",
                    label: "Newest",
                    align: "right",
                    cell: ({ newestReceivedAt }) => <RelativeTime at={newestReceivedAt} />,
                  },
                ]}
                empty={
                  <EmptyState icon={<Database />} title="Nothing is stored yet">
                    An event is acknowledged only when it is on the disk.
                  </EmptyState>
                }
              />
            </Card>
            <ExportCard environment={props.environment} />
            <EraseCard />
          </Columns>
        </div>
      )}
    </Loaded>
  );
}

function waitingWords({ waitingLogs }: EventStorage): string {
  return waitingLogs === 0 ? "nothing" : `${formatCount(waitingLogs, "log")} not queryable yet`;
}

/** Logs are loaded within seconds, so that one or two at a time are nothing to look at. */
const usualLogs = 2;

/** Whether all that was acknowledged is kept and can be asked for. */
function Answer(props: { storage: EventStorage }) {
  const { storage } = props;
  const { failure, damaged, waitingLogs, environments } = storage;
  const newest = environments
    .map((one) => one.newestReceivedAt)
    .toSorted()
    .at(-1);
  const isBehind = waitingLogs > usualLogs;
  return (
    <VerdictBanner
      tone={failure !== null ? "negative" : damaged.length > 0 || isBehind ? "caution" : "positive"}
      title={
        failure !== null
          ? "Events cannot be kept"
          : isBehind
            ? `${formatCount(waitingLogs, "log")} cannot be queried yet`
            : "What was acknowledged is kept and can be queried"
      }
      figures={[
        {
          label: "Stored",
          value: formatNumber(environments.reduce((sum, { events }) => sum + events, 0)),
          detail: formatBytes(storage.segmentBytes),
        },
        {
          label: "Waiting",
          value: formatNumber(waitingLogs),
          detail: waitingLogs === 1 ? "log" : "logs",
        },
      ]}
    >
      {failure !== null
        ? `${failure} Clients hold and repeat what is refused.`
        : isBehind
          ? "They are on the disk and acknowledged; answers lack them until they are loaded."
          : "An event is acknowledged once it is on the disk, and counts within seconds."}
      {newest !== undefined && (
        <>
          {" "}
          The newest came <RelativeTime at={newest} />.
        </>
      )}
    </VerdictBanner>
  );
}

/** Files that were set aside: what is in them is missing from every answer. */
function Damaged(props: { files: EventStorage["damaged"] }) {
  const { files } = props;
  return (
    <Notice tone="caution" title={`${formatCount(files.length, "file")} cannot be read.`}>
      Answers lack what is in them. They are kept: restore them from a backup.{" "}
      {files
        .map(({ name, events }) =>
          events === null ? name : `${name} (${formatCount(events, "event")})`,
        )
        .join(", ")}
    </Notice>
  );
}
