import { Command, Option } from "commander";

import { EXIT, print, table } from "../../outcome.ts";
import { call, list, text, withRemote } from "../../remote.ts";
import { count, field, flagPath, percent, wholeNumber } from "./paths.ts";
import type { FlagOptions } from "./paths.ts";

const PAGE = 200;

interface ListOptions extends FlagOptions {
  readonly text?: string;
  readonly kind?: string;
  readonly lifecycle?: string;
  readonly tag?: string;
  readonly environment?: string;
  readonly archived: boolean;
  readonly internal: boolean;
  readonly sort: string;
  readonly limit: string;
}

/** "sample 12 %, production off": where a flag is in force, and for how many. */
function places(flag: unknown): string {
  const published = list(flag, "published").map((place) => {
    const share = field(place, "exposureShare");
    const exposed = typeof share === "number" ? percent(share) : "by rules";
    return `${text(place, "environment")} ${field(place, "enabled") === true ? exposed : "off"}`;
  });
  return published.length === 0 ? "nowhere" : published.join(", ");
}

async function flagsThatFit(
  options: ListOptions,
): Promise<{ readonly items: readonly unknown[]; readonly hidden: number }> {
  const limit = wholeNumber(options.limit, "--limit");
  const asked = new URLSearchParams({
    sort: options.sort,
    archived: String(options.archived),
    internal: String(options.internal),
  });
  for (const name of ["text", "kind", "lifecycle", "tag", "environment"] as const) {
    const value = options[name];
    if (value !== undefined) asked.set(name, value);
  }
  const found: unknown[] = [];
  let hidden = 0;
  let isMore = true;
  while (isMore && found.length < limit) {
    asked.set("limit", String(Math.min(PAGE, limit - found.length)));
    const page = await call(options, "GET", `/api/v1/flags?${asked.toString()}`);
    found.push(...list(page, "items"));
    hidden = count(page, "hidden");
    const next = field(page, "next");
    isMore = typeof next === "string";
    if (typeof next === "string") asked.set("cursor", next);
  }
  return { items: found, hidden };
}

/** The flags as a table, and how many are left out of it. */
function listed({ items, hidden }: Awaited<ReturnType<typeof flagsThatFit>>): string {
  const rows = items.map((flag) => [
    text(flag, "key"),
    text(flag, "kind"),
    text(flag, "lifecycle"),
    places(flag),
    text(flag, "lastEvaluatedAt"),
  ]);
  const head = ["key", "kind", "state", "in force", "last evaluated"];
  const flags = items.length === 0 ? "No flag fits." : table([head, ...rows]);
  return hidden === 0
    ? flags
    : `${flags}\n${hidden} of the product’s own, for rehearsals, holdouts and parity, not shown; --internal lists them, too.`;
}

/** `paceline flag list`. */
export function listCommand(): Command {
  return withRemote(new Command("list"))
    .description("flags with their state and where they are in force")
    .option("--text <words>", "only flags whose key or description has these words")
    .addOption(
      new Option("--kind <kind>", "only flags of a kind").choices([
        "release",
        "experiment",
        "kill-switch",
        "permission",
        "configuration",
      ]),
    )
    .addOption(
      new Option("--lifecycle <state>", "only flags in a state").choices([
        "draft",
        "live",
        "concluded",
        "clean-up",
        "archived",
      ]),
    )
    .option("--tag <tag>", "only flags with a tag")
    .option("--environment <key>", "only flags that are in force there")
    .option("--archived", "archived flags instead", false)
    .option("--internal", "also flags that the product made for itself", false)
    .addOption(
      new Option("--sort <order>", "order, - for descending")
        .choices(["key", "-key", "created", "-created"])
        .default("key"),
    )
    .option("--limit <n>", "how many", "1000")
    .action(async (options: ListOptions) => {
      const found = await flagsThatFit(options);
      print(options.json, found, listed(found));
    });
}

function ruleLine(rule: unknown): string {
  const share = field(rule, "exposureShare");
  const serves = JSON.stringify(field(rule, "serve"));
  const condition =
    field(rule, "when") === null ? "everybody" : JSON.stringify(field(rule, "when"));
  return `    ${text(rule, "id")}: ${condition}, ${typeof share === "number" ? percent(share) : "–"} → ${serves}`;
}

function environmentLines(place: unknown): readonly string[] {
  const name = text(place, "environment");
  const published = field(place, "published");
  if (typeof published !== "object" || published === null) return [`${name}: never published`];
  const configuration = field(field(published, "content"), "configuration");
  const state = field(configuration, "enabled") === true ? "on" : "off";
  const lock = field(place, "lock");
  return [
    `${name}: ${state}, revision ${text(published, "revision")}, ${text(published, "action")} by ${text(published, "publishedBy")} at ${text(published, "publishedAt")}`,
    ...(lock === null || lock === undefined ? [] : [`    locked: ${text(lock, "reason")}`]),
    ...list(configuration, "rules").map(ruleLine),
    `    otherwise ${text(configuration, "defaultVariant")}`,
  ];
}

/** `paceline flag show <key>`. */
export function showCommand(): Command {
  return withRemote(new Command("show"))
    .description("a flag: its variants, and its rules in each environment")
    .argument("<flag>", "flag key")
    .action(async (key: string, options: FlagOptions) => {
      const flag = await call(options, "GET", flagPath(key));
      const lines = [
        `${text(flag, "key")} (${text(flag, "kind")}, ${text(flag, "lifecycle")})`,
        ...(text(flag, "description") === "" ? [] : [text(flag, "description")]),
        `${text(flag, "type")}: ${JSON.stringify(field(flag, "variants"))}`,
        ...list(flag, "environments").flatMap(environmentLines),
      ];
      print(options.json, flag, lines.join("\n"));
    });
}

interface ReceiptOptions extends FlagOptions {
  readonly environment: string;
  readonly atLeast?: string;
}

/** `paceline flag receipts <revision>`: how far a revision has come. */
export function receiptsCommand(): Command {
  return withRemote(new Command("receipts"))
    .description("how many connected clients evaluate with a revision, and after how long")
    .argument("<revision>", "of the environment, as publish and history print it")
    .requiredOption("--environment <key>", "environment")
    .option("--at-least <percent>", "exit 1 while fewer acknowledged it")
    .action(async (revision: string, options: ReceiptOptions) => {
      const number = wholeNumber(revision, "<revision>");
      const query = `environment=${encodeURIComponent(options.environment)}`;
      const path = `/api/v1/flags/publications/${number}/receipts?${query}`;
      const status = await call(options, "GET", path);
      const share = field(status, "share");
      const ms = (name: string): string => `${text(status, name)} ms`;
      const reached = `${text(status, "connected")} connected, delivered to ${text(status, "delivered")}`;
      const words =
        typeof share === "number"
          ? `${percent(share)} of ${text(status, "expected")} on revision ${number}, half after ${ms("p50Ms")}, 99 % after ${ms("p99Ms")}; ${reached}.`
          : `No connected client acknowledges revisions; ${reached}.`;
      print(options.json, status, words);
      const wanted = options.atLeast === undefined ? 0 : wholeNumber(options.atLeast, "--at-least");
      if ((typeof share === "number" ? share : 0) * 100 < wanted) process.exitCode = EXIT.failed;
    });
}
