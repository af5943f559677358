import { setTimeout as pause } from "node:timers/promises";

import { Command } from "commander";

import { EXIT, Failure, print, table } from "../outcome.ts";
import { call, list, text, withRemote } from "../remote.ts";
import type { Remote } from "../remote.ts";
import { readDocument } from "./initiative.ts";

interface Options extends Remote {
  readonly json: boolean;
}

interface ReasonOptions extends Options {
  readonly reason?: string;
}

const BASE = "/api/v1/rollouts";
const WATCH_MS = 1_000;
const ENDED = ["completed", "rolled-back", "aborted"];

function percent(rollout: unknown): string {
  const share: unknown = Reflect.get(Object(rollout), "exposureShare");
  return typeof share === "number" ? `${Math.round(share * 10_000) / 100} %` : "–";
}

function stageOf(rollout: unknown): string {
  const stage: unknown = Reflect.get(Object(rollout), "stage");
  const at = typeof stage === "number" ? String(stage + 1) : "–";
  return `${at} of ${text(rollout, "stages")}`;
}

function describe(rollout: unknown): string {
  const blockers = list(rollout, "blockers").map((blocker) => text(blocker, "words"));
  return table([
    ["id", text(rollout, "id")],
    ["name", text(rollout, "name")],
    ["flag", `${text(rollout, "flagKey")} in ${text(rollout, "environment")}`],
    ["state", text(rollout, "state")],
    ["stage", stageOf(rollout)],
    ["exposure", percent(rollout)],
    ["why", text(rollout, "reason")],
    ["waits for", blockers.length === 0 ? "–" : blockers.join("; ")],
    ["next at", text(rollout, "nextAt")],
  ]);
}

/** An id, or the key of a flag whose newest rollout is meant. */
async function idOf(options: Options, name: string): Promise<string> {
  if (/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(name)) return name;
  const page = await call(options, "GET", `${BASE}?limit=1&flagKey=${encodeURIComponent(name)}`);
  const [newest] = list(page, "items");
  if (newest === undefined) throw new Failure(`The flag ${name} has no rollout.`);
  return text(newest, "id");
}

function listCommand(): Command {
  return withRemote(new Command("list"))
    .description("list rollouts, newest first")
    .option("--state <state>", "only those in a state")
    .action(async (options: Options & { readonly state?: string }) => {
      const state =
        options.state === undefined ? "" : `&state=${encodeURIComponent(options.state)}`;
      const page = await call(options, "GET", `${BASE}?limit=200${state}`);
      const rows = list(page, "items").map((item) => [
        text(item, "id"),
        text(item, "flagKey"),
        text(item, "environment"),
        text(item, "state"),
        stageOf(item),
        percent(item),
      ]);
      const head = ["id", "flag", "environment", "state", "stage", "exposure"];
      print(options.json, page, table([head, ...rows]));
    });
}

function show(): Command {
  return withRemote(new Command("show"))
    .description("show one, with what keeps it where it is")
    .argument("<rollout>", "id, or the key of its flag")
    .action(async (name: string, options: Options) => {
      const rollout = await call(options, "GET", `${BASE}/${await idOf(options, name)}`);
      print(options.json, rollout, describe(rollout));
    });
}

function create(): Command {
  return withRemote(new Command("create"))
    .description("write a plan down and arm it")
    .requiredOption("-f, --file <file>", "YAML or JSON, as in docs/guides/staged-rollouts.md")
    .option("--draft", "do not arm it", false)
    .action(async (options: Options & { readonly file: string; readonly draft: boolean }) => {
      let rollout = await call(options, "POST", BASE, await readDocument(options.file));
      if (!options.draft) {
        rollout = await call(options, "POST", `${BASE}/${text(rollout, "id")}/arm`);
      }
      print(options.json, rollout, describe(rollout));
    });
}

function bare(name: string, about: string): Command {
  return withRemote(new Command(name))
    .description(about)
    .argument("<rollout>", "id, or the key of its flag")
    .action(async (named: string, options: Options) => {
      const rollout = await call(options, "POST", `${BASE}/${await idOf(options, named)}/${name}`);
      print(options.json, rollout, describe(rollout));
    });
}

function reasoned(name: string, about: string): Command {
  return withRemote(new Command(name))
    .description(about)
    .argument("<rollout>", "id, or the key of its flag")
    .requiredOption("--reason <text>", "why; kept in the audit log")
    .action(async (named: string, options: ReasonOptions) => {
      const path = `${BASE}/${await idOf(options, named)}/${name}`;
      const rollout = await call(options, "POST", path, { reason: options.reason });
      print(options.json, rollout, describe(rollout));
    });
}

function rollback(): Command {
  return withRemote(new Command("rollback"))
    .description("take the flag back as its way back says; needs no approval")
    .argument("<rollout>", "id, or the key of its flag")
    .requiredOption("--reason <text>", "why; kept in the audit log")
    .option("--now", "at once, also where the way back goes down step by step")
    .action(async (named: string, options: ReasonOptions & { readonly now?: true }) => {
      const path = `${BASE}/${await idOf(options, named)}/rollback`;
      const pace = options.now === true ? { pace: "instant" } : {};
      const rollout = await call(options, "POST", path, { reason: options.reason, ...pace });
      print(options.json, rollout, describe(rollout));
    });
}

function steps(): Command {
  return withRemote(new Command("steps"))
    .description("show its durable run: whether it moves, and what became of its steps")
    .argument("<rollout>", "id, or the key of its flag")
    .action(async (named: string, options: Options) => {
      const run = await call(options, "GET", `${BASE}/${await idOf(options, named)}/run`);
      const rows = list(run, "steps").map((step) =>
        ["id", "name", "status", "attempts", "lastError"].map((name) => text(step, name)),
      );
      const head = ["step", "name", "status", "attempts", "last error"];
      const about = table([
        ["run", text(run, "status")],
        ["why", text(run, "reason")],
      ]);
      print(options.json, run, `${about}\n${table([head, ...rows])}`);
    });
}

function retry(): Command {
  return withRemote(new Command("retry"))
    .description("let one that stands still go on, from a failed step or from its quarantine")
    .argument("<rollout>", "id, or the key of its flag")
    .requiredOption("--reason <text>", "why; kept in the audit log")
    .option("--step <id>", "the failed step to do again, as `steps` lists it")
    .action(async (named: string, options: ReasonOptions & { readonly step?: string }) => {
      const { reason, step } = options;
      const path = `${BASE}/${await idOf(options, named)}/retry`;
      const body = step === undefined ? { reason } : { reason, step };
      const rollout = await call(options, "POST", path, body);
      print(options.json, rollout, describe(rollout));
    });
}

function approve(): Command {
  return withRemote(new Command("approve"))
    .description("say yes to going on from the stage that is published")
    .argument("<rollout>", "id, or the key of its flag")
    .action(async (name: string, options: Options) => {
      const id = await idOf(options, name);
      const before = await call(options, "GET", `${BASE}/${id}`);
      const at: unknown = Reflect.get(Object(before), "stage");
      const stages = list(Reflect.get(Object(before), "plan"), "stages");
      const stage = text(typeof at === "number" ? stages[at] : undefined, "id");
      const rollout = await call(options, "POST", `${BASE}/${id}/approve`, { stage });
      print(options.json, rollout, describe(rollout));
    });
}

function watch(): Command {
  return withRemote(new Command("watch"))
    .description("print a line whenever it moves, until it ends; ends with 1 unless it completed")
    .argument("<rollout>", "id, or the key of its flag")
    .action(async (name: string, options: Options) => {
      const id = await idOf(options, name);
      let told = "";
      for (;;) {
        const rollout = await call(options, "GET", `${BASE}/${id}`);
        const state = text(rollout, "state");
        const line = `${state}, stage ${stageOf(rollout)}, ${percent(rollout)} ${text(rollout, "reason")}`;
        if (line !== told) print(options.json, rollout, line);
        told = line;
        if (ENDED.includes(state)) {
          if (state !== "completed") process.exitCode = EXIT.failed;
          return;
        }
        await pause(WATCH_MS);
      }
    });
}

/** `paceline rollout list|show|create|start|pause|resume|approve|advance|abort|rollback|steps|retry|watch`. */
export function rolloutCommand(): Command {
  return new Command("rollout")
    .description("staged rollouts: plans that move a flag from stage to stage")
    .addCommand(listCommand())
    .addCommand(show())
    .addCommand(create())
    .addCommand(bare("start", "start an armed plan"))
    .addCommand(reasoned("pause", "stop it where it is; what is served stays"))
    .addCommand(bare("resume", "let a paused one go on"))
    .addCommand(approve())
    .addCommand(reasoned("advance", "let the rest of the stage's time off"))
    .addCommand(reasoned("abort", "end it where it is; what is served stays"))
    .addCommand(rollback())
    .addCommand(steps())
    .addCommand(retry())
    .addCommand(watch());
}
