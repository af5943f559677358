import { Command } from "commander";

import { EXIT, print, table } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { differenceLines, field, placePath, wholeNumber } from "./paths.ts";
import type { EnvironmentOptions } from "./paths.ts";

interface HistoryOptions extends EnvironmentOptions {
  readonly limit: string;
}

async function publications(options: HistoryOptions, key: string): Promise<readonly unknown[]> {
  const limit = wholeNumber(options.limit, "--limit");
  const found: unknown[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const size = Math.min(200, limit - found.length);
    const path = `${placePath(key, options.environment)}/revisions?limit=${size}${query}`;
    const page = await call(options, "GET", path);
    found.push(...list(page, "items"));
    const next = field(page, "next");
    cursor = typeof next === "string" ? next : null;
  } while (cursor !== null && found.length < limit);
  return found;
}

/** `paceline flag history <key>`: every publication of a flag, newest first. */
export function historyCommand(): Command {
  return withRemote(new Command("history"))
    .description("the revisions of a flag in an environment, newest first")
    .argument("<flag>", "flag key")
    .requiredOption("--environment <key>", "environment")
    .option("--limit <n>", "how many", "50")
    .action(async (key: string, options: HistoryOptions) => {
      const items = await publications(options, key);
      const rows = items.map((item) => [
        text(item, "revision"),
        text(item, "publishedAt"),
        text(item, "action"),
        text(item, "publishedBy"),
        text(item, "digest").slice(0, 12),
      ]);
      const head = ["revision", "published", "action", "by", "digest"];
      print(options.json, { items }, table([head, ...rows]));
    });
}

interface DiffOptions extends EnvironmentOptions {
  readonly exitCode: boolean;
}

/** `paceline flag diff-revisions <key> <revision> [against]`. */
export function diffRevisionsCommand(): Command {
  return withRemote(new Command("diff-revisions"))
    .description("what a revision changed, against the one before it or another one")
    .argument("<flag>", "flag key")
    .argument("<revision>")
    .argument("[against]", "an earlier revision of the same flag")
    .requiredOption("--environment <key>", "environment")
    .option("--exit-code", "exit 1 if anything differs", false)
    .action(
      async (
        key: string,
        revision: string,
        against: string | undefined,
        options: DiffOptions,
      ): Promise<void> => {
        const number = wholeNumber(revision, "<revision>");
        const query = against === undefined ? "" : `?against=${wholeNumber(against, "[against]")}`;
        const path = `${placePath(key, options.environment)}/revisions/${number}${query}`;
        const detail = await call(options, "GET", path);
        const found = list(detail, "differences");
        const head = `${key} in ${options.environment}: revision ${text(detail, "against")} → ${text(detail, "revision")}, ${text(detail, "action")} by ${text(detail, "publishedBy")} at ${text(detail, "publishedAt")}`;
        const same = found.length === 0 ? ["    nothing differs"] : [];
        print(options.json, detail, [head, ...differenceLines(found), ...same].join("\n"));
        if (options.exitCode && found.length > 0) process.exitCode = EXIT.failed;
      },
    );
}
