import { readAddress } from "@paceline/events/server";
import type { EventStoreOptions } from "@paceline/events/server";

import type { Config } from "./config.ts";

type ClickHouse = NonNullable<EventStoreOptions["clickhouse"]>;

/** Where the events are kept, as the configuration says; null for this machine. */
export function clickhouseOf(
  config: Pick<
    Config,
    | "clickhouseUrl"
    | "clickhouseUser"
    | "clickhousePassword"
    | "clickhouseCluster"
    | "clickhouseKeepLogMinutes"
  >,
): ClickHouse | null {
  const { clickhouseUrl, clickhouseUser, clickhousePassword, clickhouseCluster } = config;
  if (clickhouseUrl === null) return null;
  const address = readAddress(clickhouseUrl, {
    ...(clickhouseUser === null ? {} : { user: clickhouseUser }),
    ...(clickhousePassword === null ? {} : { password: clickhousePassword }),
    ...(clickhouseCluster === null ? {} : { cluster: clickhouseCluster }),
  });
  if (address === null) throw new Error("CLICKHOUSE_URL must begin with http:// or https://");
  return { address, keepLogMinutes: config.clickhouseKeepLogMinutes };
}

/** How the event store of this configuration is opened. */
export function eventStoreOptions(config: Config): EventStoreOptions {
  const clickhouse = clickhouseOf(config);
  return {
    dataDir: config.dataDir,
    nodeId: config.nodeId,
    ...(clickhouse === null ? {} : { clickhouse }),
  };
}
