import { createReadStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

import {
  compilePlan,
  plannedMember,
  plannedValue,
  readBody,
  readPlanSchema,
} from "@paceline/events/domain";
import type { CompiledPlan } from "@paceline/events/domain";
import { Command } from "commander";

import { EXIT, Failure, print, table } from "../outcome.ts";
import { call, list, text, withRemote } from "../remote.ts";
import type { Remote } from "../remote.ts";
import { planCheckCommand } from "./plan-check.ts";
import { ABOUT, readPlanFiles, SUFFIX } from "./plan-files.ts";
import type { PlanFile } from "./plan-files.ts";

interface Options extends Remote {
  readonly json: boolean;
}

const BASE = "/api/v1/telemetry-plans";

function field(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
}

async function allPlans(options: Options): Promise<readonly unknown[]> {
  const plans: unknown[] = [];
  let next: unknown = null;
  do {
    const cursor = typeof next === "string" ? `&cursor=${encodeURIComponent(next)}` : "";
    const page = await call(options, "GET", `${BASE}?limit=200${cursor}`);
    plans.push(...list(page, "items"));
    next = field(page, "next");
  } while (typeof next === "string");
  return plans;
}

function listCommand(): Command {
  return withRemote(new Command("list"))
    .description("the plans of the workspace, and how their events arrive")
    .action(async (options: Options) => {
      const plans = await allPlans(options);
      const rows = plans.map((plan) => [
        text(plan, "name"),
        text(plan, "event"),
        text(plan, "published"),
        text(plan, "draft"),
        text(plan, "mode"),
        list(plan, "arrivals")
          .map((one) => `${text(one, "environment")} ${text(one, "state")}`)
          .join(", ") || "waiting",
      ]);
      const head = ["plan", "event", "in force", "draft", "mode", "arrival"];
      print(options.json, { items: plans }, table([head, ...rows]));
    });
}

/** The version of a plan that git should hold: what is in force, else the draft. */
function heldVersion(detail: unknown): unknown {
  const versions = list(detail, "versions");
  const of = (state: string) => versions.find((one) => field(one, "state") === state);
  return of("published") ?? of("draft");
}

function pullCommand(): Command {
  return withRemote(new Command("pull"))
    .description("write every plan to <folder>/<name>.schema.json")
    .argument("<folder>")
    .action(async (folder: string, options: Options) => {
      await mkdir(folder, { recursive: true });
      const written: string[] = [];
      for (const plan of await allPlans(options)) {
        const name = text(plan, "name");
        const detail = await call(options, "GET", `${BASE}/${name}`);
        const version = heldVersion(detail);
        if (version === undefined) continue;
        const about = {
          eventType: field(detail, "eventType"),
          event: field(detail, "event"),
          version: field(version, "version"),
          mode: field(version, "mode"),
          freshnessDays: field(version, "freshnessDays"),
          environments: field(version, "environments"),
          sources: field(version, "sources"),
        };
        const schema = Object(field(version, "schema"));
        const document = JSON.stringify({ [ABOUT]: about, ...schema }, null, 2);
        await writeFile(join(folder, `${name}${SUFFIX}`), `${document}\n`);
        written.push(name);
      }
      print(options.json, { plans: written }, `${written.length} plans written to ${folder}.`);
    });
}

/** @returns what was done, in words */
async function push(options: Options, file: PlanFile, publish: boolean): Promise<string> {
  const { name, about, schema } = file;
  const known = await call(options, "GET", `${BASE}/${name}`).catch((error: unknown) => {
    if (error instanceof Failure && text(error.document, "status") === "404") return null;
    throw error;
  });
  const { eventType = "track", event, version, ...content } = about;
  if (known === null && event === undefined) {
    throw new Failure(`${file.path}: "${ABOUT}" must name the event of a new plan.`, EXIT.usage);
  }
  const plan = known ?? (await call(options, "POST", BASE, { name, eventType, event }));
  const held = list(plan, "versions").find((one) => field(one, "state") === "published");
  if (
    field(held, "version") === version &&
    JSON.stringify(field(held, "schema")) === JSON.stringify(schema)
  ) {
    return "in force already";
  }
  const match = (detail: unknown) => ({ "if-match": `"${text(detail, "etag")}"` });
  const body = { schema, ...content, ...(version === undefined ? {} : { version }) };
  const drafted = await call(options, "PUT", `${BASE}/${name}/draft`, body, match(plan));
  const draft = list(drafted, "versions").find((one) => field(one, "state") === "draft");
  if (!publish) return `draft ${text(draft, "version")}`;
  await call(options, "POST", `${BASE}/${name}/publish`, undefined, match(drafted));
  return `published ${text(draft, "version")}`;
}

function pushCommand(): Command {
  return withRemote(new Command("push"))
    .description("bring plans from files to the server, as drafts")
    .argument("<path>", "a folder of *.schema.json files, or one of them")
    .option("--publish", "put them in force", false)
    .action(async (path: string, options: Options & { readonly publish: boolean }) => {
      const files = await readPlanFiles(path);
      for (const file of files) {
        const read = readPlanSchema(file.schema);
        if (read.ok) continue;
        const [fault] = read.error;
        throw new Failure(
          `${file.path}: ${fault?.pointer ?? ""} ${fault?.reason ?? ""}. Nothing was sent.`,
          EXIT.usage,
          { file: file.path, faults: read.error },
        );
      }
      const done: { name: string; outcome: string }[] = [];
      for (const file of files) {
        done.push({ name: file.name, outcome: await push(options, file, options.publish) });
      }
      const lines = done.map(({ name, outcome }) => `${name}: ${outcome}`);
      print(options.json, { plans: done }, lines.join("\n"));
    });
}

interface Judge {
  readonly reference: string;
  readonly compiled: CompiledPlan;
}

async function judgesOf(options: Options): Promise<ReadonlyMap<string, Judge>> {
  const judges = new Map<string, Judge>();
  for (const plan of await allPlans(options)) {
    const name = text(plan, "name");
    const detail = await call(options, "GET", `${BASE}/${name}`);
    const version = heldVersion(detail);
    const read = readPlanSchema(field(version, "schema"));
    if (version === undefined || !read.ok) continue;
    judges.set(`${text(detail, "eventType")} ${String(field(detail, "event"))}`, {
      reference: `${name}/${text(version, "version")}`,
      compiled: compilePlan(read.value),
    });
  }
  return judges;
}

interface LineFault {
  readonly line: number;
  readonly plan: string | null;
  readonly path: string;
  readonly reason: string;
}

function judgeLine(
  line: string,
  number: number,
  judges: ReadonlyMap<string, Judge>,
): LineFault | null {
  const fault = (path: string, reason: string, plan: string | null = null): LineFault => ({
    line: number,
    plan,
    path,
    reason,
  });
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    return fault("", "is no JSON");
  }
  const receipt = {
    workspace: "",
    environment: "",
    source: "",
    receivedAt: 0,
    replay: true,
    newMessageId: () => "",
  };
  const read = readBody({ batch: [message] }, "batch", receipt);
  if (!read.ok) return fault("", read.error.reason);
  const [bad] = read.value.faults;
  if (bad !== undefined) return fault(bad.path, bad.reason);
  const [event] = read.value.events;
  const judge = event === undefined ? undefined : judges.get(`${event.type} ${event.event}`);
  if (event === undefined || judge === undefined) return null;
  const found = judge.compiled.check(plannedValue(event, message));
  if (found === null) return null;
  return fault(`/${plannedMember(event.type)}${found.path}`, found.reason, judge.reference);
}

const SHOWN_FAULTS = 50;

function validateCommand(): Command {
  return withRemote(new Command("validate"))
    .description("check recorded events (Segment's form, one a line) against the server's plans")
    .argument("<events.ndjson>")
    .action(async (path: string, options: Options) => {
      const judges = await judgesOf(options);
      const faults: LineFault[] = [];
      let lines = 0;
      let failed = 0;
      const reading = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
      try {
        for await (const line of reading) {
          if (line.trim() === "") continue;
          lines += 1;
          const found = judgeLine(line, lines, judges);
          if (found === null) continue;
          failed += 1;
          if (faults.length < SHOWN_FAULTS) faults.push(found);
        }
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Failure(`${path} cannot be read: ${reason}`, EXIT.usage);
      }
      const rows = faults.map((one) => [
        `${one.line}`,
        one.plan ?? "–",
        one.path || "/",
        one.reason,
      ]);
      const summary = `${lines - failed} of ${lines} events are as planned.`;
      const shown =
        rows.length === 0
          ? summary
          : `${summary}\n\n${table([["line", "plan", "place", "fault"], ...rows])}`;
      print(options.json, { events: lines, failed, faults }, shown);
      if (failed > 0) process.exitCode = EXIT.failed;
    });
}

/** `paceline plan check|push|pull|list|validate`. */
export function planCommand(): Command {
  return new Command("plan")
    .description("telemetry plans")
    .addCommand(planCheckCommand())
    .addCommand(listCommand())
    .addCommand(pullCommand())
    .addCommand(pushCommand())
    .addCommand(validateCommand());
}
