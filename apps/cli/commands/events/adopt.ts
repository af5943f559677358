import { Command } from "commander";

import { configOf, withLocal } from "../../local.ts";
import type { LocalOptions } from "../../local.ts";
import { EXIT, Failure, print } from "../../outcome.ts";

async function run(folder: string, options: LocalOptions): Promise<void> {
  const { clickhouseUrl, clickhouseUser, clickhousePassword, clickhouseCluster } =
    configOf(options);
  if (clickhouseUrl === null)
    throw new Failure(
      "A log is adopted into ClickHouse: set CLICKHOUSE_URL. With the embedded store, start the server on that data directory instead.",
      EXIT.usage,
    );
  const { adoptLogWith, readAddress } = await import("@paceline/events/server");
  const address = readAddress(clickhouseUrl, {
    ...(clickhouseUser === null ? {} : { user: clickhouseUser }),
    ...(clickhousePassword === null ? {} : { password: clickhousePassword }),
    ...(clickhouseCluster === null ? {} : { cluster: clickhouseCluster }),
  });
  if (address === null) throw new Failure("CLICKHOUSE_URL is no address.", EXIT.usage);
  const adoption = await adoptLogWith(folder, { address }).catch((cause: unknown) => {
    throw new Failure(cause instanceof Error ? cause.message : String(cause));
  });
  print(
    options.json,
    adoption,
    `${adoption.events} events of ${adoption.logFiles} log files are loaded${adoption.nodes.length === 0 ? "" : `, of ${adoption.nodes.join(", ")}`}. ${adoption.droppedBytes} bytes were half-written and never acknowledged.${adoption.damagedBytes === 0 ? "" : ` ${adoption.damagedBytes} damaged bytes were set aside in ${adoption.folder}.`}`,
  );
}

/** `paceline events adopt <folder>`. */
export function adoptCommand(): Command {
  return withLocal(new Command("adopt"))
    .description("load the log that a dead node left, on a machine that reaches its volume")
    .argument("<folder>", "the dead node's data directory, or its events/log folder")
    .addHelpText(
      "after",
      `
Example:
  $ paceline events adopt /mnt/node-2/.paceline
CLICKHOUSE_URL says where to. A node that lives is left alone, and what it had loaded already adds nothing.`,
    )
    .action((folder: string, options: LocalOptions) => run(folder, options));
}
