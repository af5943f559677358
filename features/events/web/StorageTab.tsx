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
          {storage.failure !== null && (
            <Notice tone="negative" title="Events cannot be kept.">
              {storage.failure} Clients hold and repeat what is refused.
            </Notice>
          )}
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
                        value: `${formatNumber(storage.segments)}, ${formatBytes(storage.segmentBytes)}`,
                      },
                      { key: "Open log", value: formatBytes(storage.openLogBytes) },
                      {
                        key: "Waiting",
                        value:
                          storage.waitingLogs === 0
                            ? "nothing"
                            : `${storage.waitingLogs} logs not queryable yet`,
                      },
                      {
                        key: "Remembered",
                        value: `${formatNumber(storage.rememberedMessages)} message ids, against repeats`,
                      },
                      {
                        key: "Refused",
                        value: `${formatNumber(storage.suppressedIdentifiers)} identifiers of erased people`,
                      },
                      {
                        key: "Cut off",
                        value: `${formatBytes(storage.droppedBytes)} half-written at the last start`,
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
            <ExportCard environment={props.environment} />
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
            <EraseCard />
          </Columns>
        </div>
      )}
    </Loaded>
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
