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
  formatNumber,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Database } from "lucide-react";

import { ExportCard } from "./ExportCard.tsx";
import { storageQuery } from "./queries.ts";

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
          <Columns
            aside={
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
                      key: "Cut off",
                      value: `${formatBytes(storage.droppedBytes)} half-written at the last start`,
                    },
                  ]}
                />
              </Card>
            }
          >
            <ExportCard environment={props.environment} />
            <Card title="By environment" flush>
              <Table
                label="Events by environment"
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
                    label: "Events",
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
          </Columns>
        </div>
      )}
    </Loaded>
  );
}
