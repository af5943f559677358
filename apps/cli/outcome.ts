/** Exit codes: 0 done or intact, 1 refused, failed or tampered, 2 wrong use or unusable. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** Ends a command with a message for people and an exit code. */
export class Failure extends Error {
  readonly exitCode: number;
  /** Goes out as it is with `--json`. */
  readonly document: unknown;
  constructor(message: string, exitCode: number = EXIT.failed, document: unknown = null) {
    super(message);
    this.name = "Failure";
    this.exitCode = exitCode;
    this.document = document;
  }
}

/** JSON with bytes as base64, the form that the API uses. */
export function toJson(document: unknown): string {
  return JSON.stringify(
    document,
    (_key, value: unknown) => {
      if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
      const isBuffer =
        typeof value === "object" && value !== null && Reflect.get(value, "type") === "Buffer";
      const bytes: unknown = isBuffer ? Reflect.get(value, "data") : null;
      return Array.isArray(bytes) ? Buffer.from(bytes).toString("base64") : value;
    },
    2,
  );
}

/** Prints the result of a command: a JSON document with `--json`, else text for people. */
export function print(json: boolean, document: unknown, text: string): void {
  console.log(json ? toJson(document) : text);
}

/** Aligns rows in columns; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
