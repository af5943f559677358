import { readFile } from "node:fs/promises";

import { Command } from "commander";
import { parse } from "yaml";

import { EXIT, Failure, print, table } from "../outcome.ts";
import { call, list, text, withRemote } from "../remote.ts";
import type { Remote } from "../remote.ts";

interface Options extends Remote {
  readonly json: boolean;
}

const BASE = "/api/v1/initiatives";

/** Reads a YAML or JSON file. @throws Failure that says what is wrong with it */
export async function readDocument(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new Failure(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      EXIT.usage,
    );
  }
}

async function idOf(options: Options, name: string): Promise<string> {
  if (!/^CHG-\d+$/i.test(name)) return name;
  const found = list(
    await call(options, "GET", `${BASE}?search=${encodeURIComponent(name)}`),
    "items",
  ).find((item) => text(item, "key").toLowerCase() === name.toLowerCase());
  if (found === undefined) throw new Failure(`There is no initiative ${name}.`);
  return text(found, "id");
}

function describe(detail: unknown): string {
  return table([
    ["key", text(detail, "key")],
    ["title", text(detail, "title")],
    ["state", text(detail, "state")],
    ["mode", text(detail, "mode")],
    ["status", text(detail, "status")],
    ["decision", text(detail, "decision", "decision", "headline")],
    ["why", text(detail, "decision", "decision", "reason")],
  ]);
}

function decisionText(detail: unknown): string {
  const decision = Reflect.get(Object(Reflect.get(Object(detail), "decision")), "decision");
  const rules = list(decision, "rules").map((rule) => [
    text(rule, "id"),
    text(rule, "truth"),
    text(rule, "reason"),
  ]);
  return [
    text(decision, "headline"),
    text(decision, "reason"),
    "",
    table([["rule", "", "reason"], ...rules]),
    "",
    `What would make it a sprint: ${text(decision, "sprintIf", "words")}`,
  ].join("\n");
}

function create(): Command {
  return withRemote(new Command("new"))
    .description("propose a change from a YAML or JSON file")
    .argument("<file>", "as in docs/examples/email-campaign/initiative.yaml")
    .action(async (file: string, options: Options) => {
      const detail = await call(options, "POST", BASE, await readDocument(file));
      print(options.json, detail, describe(detail));
    });
}

function decide(): Command {
  return withRemote(new Command("decide"))
    .description("decide its mode by the policy")
    .argument("<initiative>", "CHG-<n> or id")
    .action(async (name: string, options: Options) => {
      const id = await idOf(options, name);
      const detail = await call(options, "POST", `${BASE}/${id}/decision`, {});
      print(options.json, detail, decisionText(detail));
    });
}

function show(): Command {
  return withRemote(new Command("show"))
    .description("show one, or list all")
    .argument("[initiative]", "CHG-<n> or id")
    .action(async (name: string | undefined, options: Options) => {
      if (name !== undefined) {
        const detail = await call(options, "GET", `${BASE}/${await idOf(options, name)}`);
        print(options.json, detail, describe(detail));
        return;
      }
      const page = await call(options, "GET", `${BASE}?limit=200`);
      const rows = list(page, "items").map((item) => [
        text(item, "key"),
        text(item, "state"),
        text(item, "mode"),
        text(item, "title"),
      ]);
      print(options.json, page, table([["key", "state", "mode", "title"], ...rows]));
    });
}

/** `paceline initiative new|decide|show`. */
export function initiativeCommand(): Command {
  return new Command("initiative")
    .description("proposals and their decisions")
    .addCommand(create())
    .addCommand(decide())
    .addCommand(show());
}
