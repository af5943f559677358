import { Command } from "commander";

import { print, table } from "../outcome.ts";
import { call, list, text, withRemote } from "../remote.ts";
import type { Remote } from "../remote.ts";

interface Options extends Remote {
  readonly json: boolean;
}

const BASE = "/api/v1/layers";

function listCommand(): Command {
  return withRemote(new Command("list"))
    .description("list layers")
    .option("--archived", "those that are archived instead", false)
    .action(async (options: Options & { readonly archived: boolean }) => {
      const page = await call(options, "GET", `${BASE}?limit=200&archived=${options.archived}`);
      const rows = list(page, "items").map((item) => [
        text(item, "key"),
        text(item, "unit"),
        text(item, "name"),
      ]);
      print(options.json, page, rows.length === 0 ? "There are no layers." : table(rows));
    });
}

function moveCommand(verb: "archive" | "restore", description: string, done: string): Command {
  return withRemote(new Command(verb))
    .description(description)
    .argument("<layer>", "layer key")
    .action(async (key: string, options: Options) => {
      const path = `${BASE}/${encodeURIComponent(key)}`;
      const version = text(await call(options, "GET", path), "version");
      const guard = { "if-match": `"${version}"` };
      const layer = await call(options, "POST", `${path}/${verb}`, undefined, guard);
      print(options.json, layer, `${key} ${done}`);
    });
}

/** `paceline layer`. */
export function layerCommand(): Command {
  return new Command("layer")
    .description("layers, whose rules never apply to the same unit")
    .addCommand(listCommand())
    .addCommand(
      moveCommand(
        "archive",
        "put a layer away of which nobody holds slots",
        "is archived; bring it back with `paceline layer restore`.",
      ),
    )
    .addCommand(moveCommand("restore", "bring a layer back", "may be claimed again."));
}
