import { randomUUID } from "node:crypto";

import { Option } from "commander";
import type { Command } from "commander";

import { EXIT, Failure } from "./outcome.ts";

/** Where `npm start` serves. */
export const DEFAULT_URL = "http://127.0.0.1:4410";
const TIMEOUT_MS = 60_000;

/** A server and the key to use it with. */
export interface Remote {
  readonly url: string;
  readonly key: string | null;
}

/** Options of every command that talks to a server. Help names the variables and never shows the key. */
export function withRemote(command: Command): Command {
  return command
    .addOption(new Option("--url <url>", "the server").env("PACELINE_URL").default(DEFAULT_URL))
    .addOption(new Option("--key <key>", "an API key").env("PACELINE_KEY"))
    .option("--json", "print one JSON document", false);
}

function member(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
}

/** A text inside an answer, or a dash. */
export function text(body: unknown, ...path: readonly string[]): string {
  const found = path.reduce<unknown>(member, body);
  return typeof found === "string" || typeof found === "number" ? String(found) : "–";
}

/** A list inside an answer. */
export function list(body: unknown, name: string): readonly unknown[] {
  const found = member(body, name);
  return Array.isArray(found) ? found : [];
}

/**
 * Calls the server's API.
 *
 * @throws Failure with the problem's detail when it refuses, or when it cannot be reached
 */
export async function call(
  { url, key }: Remote,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
  timeoutMs: number = TIMEOUT_MS,
): Promise<unknown> {
  if (key === null) {
    throw new Failure(
      "This needs an API key: --key or PACELINE_KEY. `paceline key create` makes one.",
      EXIT.usage,
    );
  }
  const sent = {
    authorization: `Bearer ${key}`,
    ...(method === "POST" ? { "idempotency-key": randomUUID() } : {}),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...headers,
  };
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      method,
      headers: sent,
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Failure(`${url} does not answer (${cause}). Is the server running?`);
  }
  const answer: unknown = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new Failure(refusalText(response.status, answer), EXIT.failed, answer);
}

/** A problem document for people: what it says, and each fault that its detail does not name. */
export function refusalText(status: number, problem: unknown): string {
  const detail = text(problem, "detail");
  const faults = list(problem, "errors")
    .map((fault) => [text(fault, "pointer"), text(fault, "detail")] as const)
    .filter(([, words]) => !detail.includes(words))
    .map(([pointer, words]) => `\n  ${pointer} ${words}`);
  return `${text(problem, "title")} (${status}): ${detail}${faults.join("")}`;
}
