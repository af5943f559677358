import type { KeyScope } from "@paceline/command";
import { Command, Option } from "commander";

import { configOf, operatorContext, withLocal, withStore } from "../local.ts";
import type { LocalOptions } from "../local.ts";
import { Failure, print, table } from "../outcome.ts";

interface CreateOptions extends LocalOptions {
  readonly name: string;
  readonly scope: KeyScope;
  readonly environment?: string;
}

function create(): Command {
  return withLocal(new Command("create"))
    .description("make an API key; the whole key is shown this once")
    .requiredOption("--name <name>", "what the key is for")
    .addOption(
      new Option("--scope <scope>", "what it may do")
        .choices(["intake", "evaluate", "browser", "metrics", "admin"])
        .makeOptionMandatory(),
    )
    .option("--environment <key>", "environment of an intake, evaluate or browser key")
    .action(async (options: CreateOptions) => {
      const created = await withStore(configOf(options), async (store) => {
        const input = {
          name: options.name,
          scopes: [options.scope],
          environment: options.environment ?? null,
        };
        const { createKey } = await import("@paceline/access/server");
        return createKey(await operatorContext(store), input);
      });
      if (!created.ok) throw new Failure(refusal(created.error.kind));
      print(
        options.json,
        created.value,
        `${created.value.secret}\n\nKeep it: it cannot be shown again.`,
      );
    });
}

function refusal(kind: string): string {
  if (kind === "environment-required")
    return "An intake, evaluate or browser key needs --environment.";
  if (kind === "environment-not-allowed")
    return "An admin or metrics key has no environment: leave --environment out.";
  if (kind === "no-such-environment") return "There is no such environment in this workspace.";
  return `The key was refused: ${kind}.`;
}

function list(): Command {
  return withLocal(new Command("list"))
    .description("list the keys")
    .action(async (options: LocalOptions) => {
      const keys = await withStore(configOf(options), async (store) => {
        const { db, workspaceId } = await operatorContext(store);
        const { viewKeys } = await import("@paceline/access/server");
        return viewKeys(db, workspaceId);
      });
      const rows = keys.map((key) => [
        key.id,
        key.name,
        key.scopes.join(", "),
        key.environment ?? "all",
        key.lastUsedAt ?? "never",
      ]);
      print(
        options.json,
        { items: keys },
        table([["id", "name", "scopes", "environment", "last used"], ...rows]),
      );
    });
}

function revoke(): Command {
  return withLocal(new Command("revoke"))
    .description("end a key for good")
    .argument("<id>", "id of the key, from `key list`")
    .action(async (id: string, options: LocalOptions) => {
      const result = await withStore(configOf(options), async (store) => {
        const { revokeKey } = await import("@paceline/access/server");
        return revokeKey(await operatorContext(store), id);
      });
      if (!result.ok) throw new Failure("There is no such key in force. Nothing was changed.");
      print(options.json, { id, revoked: true }, "Revoked.");
    });
}

/** `paceline key create|list|revoke`: on the machine of the data directory. */
export function keyCommand(): Command {
  return new Command("key")
    .description("API keys, on the machine of the data directory")
    .addCommand(create())
    .addCommand(list())
    .addCommand(revoke());
}
