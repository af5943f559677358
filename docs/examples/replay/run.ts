import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";

import { Client } from "./client.ts";
import type { Credential } from "./client.ts";
import { startOwnServer } from "./own-server.ts";
import type { OwnServer } from "./own-server.ts";
import { createProgress } from "./progress.ts";
import { replay } from "./replay.ts";
import type { Access, Replayed } from "./replay.ts";
import { printReport, readReport } from "./report.ts";
import type { Study } from "./study.ts";

const USAGE = 2;

interface Options {
  readonly file: string;
  readonly json: boolean;
  readonly url: string | null;
  readonly key: string | null;
  readonly dataDir: string | null;
}

function helpOf(script: string, columns: readonly string[]): string {
  return [
    `Usage: npm run example:${script} -- <file.csv[.gz]> [--json] [--url URL --key KEY] [--data-dir DIR]`,
    "",
    `Replays a recorded experiment (columns ${columns.join(", ")}) through the public interfaces`,
    "of a server: proposal, decision, locked criterion, evaluations, events, daily looks, verdict.",
    "",
    "  --json           print one JSON document on standard output, and nothing else there",
    "  --url, --key     use a running server and an admin key of it (or PACELINE_URL, PACELINE_KEY)",
    "  --data-dir DIR   start an own server that keeps its data there (default: a temporary folder)",
  ].join("\n");
}

function readOptions(args: readonly string[]): Options | "help" | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      url: { type: "string" },
      key: { type: "string" },
      "data-dir": { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true) return "help";
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) return null;
  return {
    file,
    json: values.json,
    url: values.url ?? process.env["PACELINE_URL"] ?? null,
    key: values.key ?? process.env["PACELINE_KEY"] ?? null,
    dataDir: values["data-dir"] ?? null,
  };
}

function textAt(body: unknown, ...path: readonly string[]): string {
  const found = path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined,
    body,
  );
  if (typeof found !== "string") throw new Error(`the answer has no text at ${path.join(".")}`);
  return found;
}

const OWNER = {
  email: "example@paceline.invalid",
  name: "Example owner",
  password: "an example passphrase",
};

/** Becomes the owner of a fresh server, or signs in to one that an earlier run left. */
async function ownAccess(server: OwnServer): Promise<Access> {
  const client = new Client(server.url);
  const token = server.firstRunToken;
  const { headers, body } =
    token === null
      ? await client.call("POST", "/api/v1/session", null, {
          email: OWNER.email,
          password: OWNER.password,
        })
      : await client.call("POST", "/api/v1/first-run", null, {
          ...OWNER,
          token,
          workspaceName: "Examples",
        });
  const session: Credential = { cookie: headers["set-cookie"]?.[0]?.split(";")[0] ?? "" };
  const created = await client.call("POST", "/api/v1/keys", session, {
    name: "example",
    scopes: ["admin"],
  });
  return {
    client,
    admin: { bearer: textAt(created.body, "secret") },
    ownerId: textAt(body, "person", "id"),
  };
}

/** A running server: the first member who owns the workspace owns the example. */
async function givenAccess(url: string, key: string): Promise<Access> {
  const client = new Client(url);
  const admin: Credential = { bearer: key };
  const { body } = await client.call("GET", "/api/v1/members", admin);
  return { client, admin, ownerId: textAt(body, "items", "0", "id") };
}

async function walk(study: Study, access: Access, json: boolean): Promise<void> {
  const runId = randomBytes(3).toString("hex");
  const progress = createProgress(study.units.length, process.stderr.isTTY);
  const started = performance.now();
  let replayed: Replayed;
  try {
    replayed = await replay(study, access, runId, progress);
  } finally {
    progress.stop();
  }
  const report = await readReport(study, access, replayed, (performance.now() - started) / 1000);
  if (json) console.log(JSON.stringify(report));
  else printReport(report);
}

/**
 * Runs an example from its command line.
 *
 * @returns the exit code: 0 done, 1 failed, 2 wrong use
 */
export async function runExample(
  script: string,
  columns: readonly string[],
  readStudy: (file: string) => Promise<Study>,
): Promise<number> {
  let options: Options | "help" | null;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    options = null;
  }
  if (options === "help") {
    console.log(helpOf(script, columns));
    return 0;
  }
  if (options === null || (options.url === null) !== (options.key === null)) {
    console.error(helpOf(script, columns));
    return USAGE;
  }
  let server: OwnServer | null = null;
  let access: Access | null = null;
  try {
    const study = await readStudy(options.file);
    if (options.url === null || options.key === null) {
      server = await startOwnServer(options.dataDir);
      access = await ownAccess(server);
    } else access = await givenAccess(options.url, options.key);
    await walk(study, access, options.json);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    access?.client.close();
    await server?.close();
  }
}
