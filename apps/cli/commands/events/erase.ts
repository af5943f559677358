import { writeFile } from "node:fs/promises";

import { Command } from "commander";

import { EXIT, Failure, print, table, toJson } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import type { Remote } from "../../remote.ts";

const PAGE = 200;

interface Options extends Remote {
  readonly json: boolean;
  readonly reason: string;
  readonly yes: boolean;
  readonly suppress: boolean;
  readonly receipt?: string;
}

function previewText(identifiers: readonly string[], preview: unknown): string {
  const rows = list(preview, "environments").map((one) => [
    text(one, "environment"),
    text(one, "events"),
    text(one, "firstAt").slice(0, 10),
    text(one, "lastAt").slice(0, 10),
    list(one, "names")
      .map((name) => `${text(name, "name")} ${text(name, "events")}`)
      .join(", "),
  ]);
  const others = list(preview, "alsoKnownAs");
  return [
    `What is stored of ${identifiers.join(", ")}:`,
    rows.length === 0
      ? "nothing"
      : table([["environment", "events", "first", "last", "names"], ...rows]),
    ...(others.length === 0 ? [] : [`They also came with ${others.join(", ")}.`]),
  ].join("\n");
}

async function run(identifiers: readonly string[], options: Options): Promise<void> {
  const preview = await call(options, "POST", "/api/v1/events/erasures/preview", { identifiers });
  if (!options.yes) {
    print(options.json, { preview, erased: false }, previewText(identifiers, preview));
    throw new Failure("Nothing was erased. To erase for good, repeat this with --yes.", EXIT.usage);
  }
  const { reason, suppress } = options;
  const receipt = await call(options, "POST", "/api/v1/events/erasures", {
    identifiers,
    reason,
    suppress,
  });
  if (options.receipt !== undefined)
    await writeFile(options.receipt, `${toJson(receipt)}\n`, { mode: 0o600 });
  const done = text(receipt, "state") === "done";
  print(
    options.json,
    receipt,
    done
      ? `Erased: ${text(receipt, "rowsRemoved")} events removed, ${text(receipt, "rowsRedacted")} of others overwritten, in ${list(receipt, "files").length} files. Receipt ${text(receipt, "receiptSha256")}.`
      : `Under way as ${text(receipt, "id")}; it goes on by itself. \`paceline events erasures export\` has its receipt when it is done.`,
  );
  if (list(receipt, "unexamined").length > 0) {
    console.error(
      `Damaged files may still hold the person: ${list(receipt, "unexamined").join(", ")}`,
    );
    process.exitCode = EXIT.failed;
  }
}

/** `paceline events erase <id...>`. */
export function eraseCommand(): Command {
  return withRemote(new Command("erase"))
    .description("erase one person from every file, for good; shows what would go without --yes")
    .argument("<id...>", "user ids and anonymous ids of one person, as they were sent")
    .requiredOption("--reason <text>", "kept in the receipt for ever: must not name the person")
    .option("--yes", "erase; without it only the preview is shown", false)
    .option("--no-suppress", "go on taking later events of these identifiers")
    .option("--receipt <file>", "write the receipt to a file")
    .addHelpText(
      "after",
      `
Examples:
  $ paceline events erase customer-17 --reason "request of 2 March"
  $ paceline events erase customer-17 anon-8 --reason "request of 2 March" --yes --receipt receipt.json`,
    )
    .action((identifiers: string[], options: Options) => run(identifiers, options));
}

async function exportReceipts(options: Remote): Promise<void> {
  let cursor = "";
  do {
    const query = new URLSearchParams({
      limit: String(PAGE),
      ...(cursor === "" ? {} : { cursor }),
    });
    const page = await call(options, "GET", `/api/v1/events/erasures?${query.toString()}`);
    for (const receipt of list(page, "items")) console.log(JSON.stringify(receipt));
    const next = text(page, "next");
    cursor = next === "–" ? "" : next;
  } while (cursor !== "");
}

/** `paceline events erasures export`. */
export function erasuresCommand(): Command {
  return new Command("erasures").description("receipts of erasures").addCommand(
    withRemote(new Command("export"))
      .description("print every receipt, one JSON document a line, the newest first")
      .addHelpText("after", "\nExample:\n  $ paceline events erasures export > receipts.ndjson")
      .action((options: Remote) => exportReceipts(options)),
  );
}
