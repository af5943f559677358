import type { CompiledQuery, QueryParameter } from "../plan.ts";

/** Where a statement reads events. */
export interface EventTable {
  readonly name: string;
  /**
   * Whether copies of a message may be in it: more than one node takes events, so a client's retry
   * may have reached another one than its first attempt.
   */
  readonly copies: boolean;
}

/** Collects the parameters of a statement; the server puts them in, so no value becomes query text. */
export class Parameters {
  readonly list: QueryParameter[] = [];
  /** @returns the placeholder, with the type as which the server reads the value */
  bind(value: QueryParameter): string {
    this.list.push(value);
    return `{p${this.list.length}:${typeOf(value)}}`;
  }
  instant(value: number): string {
    return this.bind(value);
  }
}

function typeOf(value: QueryParameter): string {
  if (typeof value === "string") return "String";
  if (typeof value === "boolean") return "Bool";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "Int64" : "Float64";
  return value === null ? "Nullable(String)" : "Array(String)";
}

/** The parameters as the client sends them beside the statement. */
export function namedParameters({ parameters }: CompiledQuery): Record<string, unknown> {
  return Object.fromEntries(parameters.map((value, place) => [`p${place + 1}`, value]));
}

/** The same statement with its values written out, for ClickHouse's own shell. */
export function display({ text, parameters }: CompiledQuery): string {
  return text.replaceAll(/\{p(\d+):[^}]*\}/g, (_, place: string) =>
    literal(parameters[Number(place) - 1] ?? null),
  );
}

/** A backslash and a quote are all that has a meaning inside a text. */
export function literal(value: QueryParameter): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  return `[${value.map(quoted).join(", ")}]`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** A name of ours or of the configuration, as it is written in a statement. */
export function identifier(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`")}\``;
}
