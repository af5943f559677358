import { EXIT, Failure } from "../../outcome.ts";
import { call, list, text } from "../../remote.ts";
import type { Remote } from "../../remote.ts";

/** Options of every command about flags. */
export interface FlagOptions extends Remote {
  readonly json: boolean;
}

export interface EnvironmentOptions extends FlagOptions {
  readonly environment: string;
}

/** The address of a flag. */
export function flagPath(key: string): string {
  return `/api/v1/flags/${encodeURIComponent(key)}`;
}

/** The address of what a flag does in an environment. */
export function placePath(key: string, environment: string): string {
  return `${flagPath(key)}/environments/${encodeURIComponent(environment)}`;
}

/** A member of an answer. */
export function field(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
}

/** A number of an answer; 0 where there is none. */
export function count(body: unknown, name: string): number {
  const value = field(body, name);
  return typeof value === "number" ? value : 0;
}

/** A share in percent, with one digit behind the point where it says something. */
export function percent(share: number): string {
  const digits = share > 0 && share < 0.1 ? 2 : 1;
  return `${(share * 100).toFixed(digits)} %`;
}

/** What people call an absent variant or rule. */
export function named(body: unknown, name: string, absent: string): string {
  const value = field(body, name);
  return typeof value === "string" ? value : absent;
}

/** Every flag of the workspace that is not archived, by key. */
export async function allFlags(options: FlagOptions): Promise<readonly unknown[]> {
  const flags: unknown[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await call(options, "GET", `/api/v1/flags?limit=200${query}`);
    flags.push(...list(page, "items"));
    const next = field(page, "next");
    cursor = typeof next === "string" ? next : null;
  } while (cursor !== null);
  return flags;
}

/** The keys that a command was given, or those of every flag. */
export async function chosenKeys(
  options: FlagOptions,
  keys: readonly string[],
): Promise<readonly string[]> {
  return keys.length > 0 ? keys : (await allFlags(options)).map((flag) => text(flag, "key"));
}

/** A whole number of an option. @throws Failure */
export function wholeNumber(value: string, option: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Failure(`${option} must be a whole number above 0.`, EXIT.usage);
}

function shown(value: unknown): string {
  const json = value === undefined ? "none" : JSON.stringify(value);
  return json.length > 120 ? `${json.slice(0, 117)}…` : json;
}

/** Differences of two contents, one a line. */
export function differenceLines(found: readonly unknown[]): readonly string[] {
  return found.map(
    (one) =>
      `    ${text(one, "pointer")}: ${shown(field(one, "before"))} → ${shown(field(one, "after"))}`,
  );
}
