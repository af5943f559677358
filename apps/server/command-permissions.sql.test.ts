/**
 * Routes check who calls, but commands also run from the command line, the monitor and other features:
 * each must check for itself. Every command of every feature is really called here, by an actor who may
 * do nothing, and must refuse before it writes.
 */
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { PermissionDenied } from "@paceline/command";
import type { Actor, CommandContext } from "@paceline/command";
import { testDatabase } from "@paceline/test-kit";
import type { TestDatabase } from "@paceline/test-kit";
import { sql } from "kysely";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const WORKSPACE = "00000000-0000-7000-8000-00000000000a";

/** Functions beside the commands that need no permission, each with its reason. */
const EXEMPT: Readonly<Record<string, string>> = {
  completeFirstRun: "the one-time link is the permission; there is no actor yet",
  concludeFlag:
    "follows from ending an experiment or a rollout, which was permitted; in that transaction",
  createWorkspace: "refuses everybody but the server's own services",
  issuePasswordLink: "the last step of addMember and makePasswordLink, within their transaction",
  makeFirstRunLink: "run by the server at its start",
  sessionStart: "builds an audit statement",
  setPassword: "the one-time link is the permission; there is no actor yet",
  signIn: "the password is the permission; there is no actor yet",
  signOut: "everybody may end their own session",
  startSession: "the second half of signing in, within its transaction",
  workspaceCreation: "builds an audit statement",
  workspaceRenaming: "builds an audit statement",
};

const POWERLESS: readonly Actor[] = [
  { kind: "person", id: WORKSPACE, name: "Vera", role: "viewer" },
  {
    kind: "key",
    id: WORKSPACE,
    name: "site",
    scopes: ["intake", "evaluate"],
    environment: "production",
  },
];

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.close());

function contextOf(actor: Actor): CommandContext {
  return {
    db: database.db,
    actor,
    workspaceId: WORKSPACE,
    now: new Date("2026-11-24T12:00:00Z"),
    requestId: "test",
    newId: () => WORKSPACE,
  };
}

/** Stands for every other parameter: has every property, can be called, and reads as a short text. */
function anything(): unknown {
  const target = (): unknown => anything();
  return new Proxy(target, {
    get: (_target, name) => {
      if (name === Symbol.toPrimitive) return () => "anything";
      if (name === Symbol.iterator) return [][Symbol.iterator];
      return name === "then" ? undefined : anything();
    },
  });
}

type Command = (...parameters: readonly unknown[]) => unknown;

interface Found {
  readonly name: string;
  readonly file: string;
  readonly command: Command;
}

async function findCommands(): Promise<readonly Found[]> {
  const files = globSync("features/*/server/commands/*.ts", { cwd: REPOSITORY })
    .filter((file) => !file.endsWith(".test.ts"))
    .map((file) => join(REPOSITORY, file));
  const found: Found[] = [];
  for (const path of files.toSorted()) {
    const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
    for (const [name, value] of Object.entries(module)) {
      const file = relative(REPOSITORY, path);
      if (typeof value === "function") found.push({ name, file, command: value as Command });
    }
  }
  return found;
}

/** Where a command takes its context, by the name that all commands give it. */
function placeOfContext(command: Command): number {
  const parameters = /^[^(]*\(([^)]*)\)/.exec(command.toString())?.[1] ?? "";
  return parameters.split(",").findIndex((parameter) => parameter.trim() === "ctx");
}

async function outcomeOf(command: Command, actor: Actor): Promise<string> {
  const place = placeOfContext(command);
  if (place === -1) return "takes no `ctx`";
  const parameters = Array.from({ length: Math.max(command.length, 4) }, (_, at) =>
    at === place ? contextOf(actor) : anything(),
  );
  try {
    await command(...parameters);
    return "acted";
  } catch (error) {
    return error instanceof PermissionDenied ? "refused" : `failed otherwise: ${String(error)}`;
  }
}

test("every command of every feature refuses an actor without the permission", async () => {
  const commands = await findCommands();
  const features = new Set(commands.map(({ file }) => file.split("/")[1]));
  assert.ok(features.size >= 6 && commands.length >= 40, `only ${commands.length} commands found`);
  const wrong: string[] = [];
  for (const { name, file, command } of commands) {
    if (EXEMPT[name] !== undefined) continue;
    for (const actor of POWERLESS) {
      const outcome = await outcomeOf(command, actor);
      if (outcome !== "refused") wrong.push(`${file}, ${name} as ${actor.kind}: ${outcome}`);
    }
  }
  assert.deepEqual(wrong, []);
  const recorded = await sql<{ count: number }>`
    select (select count(*) from audit_outbox)::int + (select count(*) from audit_entries)::int as count
  `.execute(database.db);
  assert.equal(recorded.rows[0]?.count, 0);
});

test("no exemption is left over", async () => {
  const names = new Set((await findCommands()).map(({ name }) => name));
  assert.deepEqual(
    Object.keys(EXEMPT).filter((name) => !names.has(name)),
    [],
  );
});
