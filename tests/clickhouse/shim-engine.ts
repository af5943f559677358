import { randomUUID } from "node:crypto";
import { unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { RawInsertFormat, Session } from "chdb";

export interface ShimStatement {
  readonly statement: string;
  /** What follows an INSERT; null for statements that are complete. */
  readonly payload: Buffer | null;
  /** Settings and `param_…` values, as the address carried them. */
  readonly settings: readonly (readonly [string, string])[];
  readonly database: string;
  readonly format: string;
}

interface ShimResult {
  bytes: Uint8Array;
  readonly writtenRows: number;
  readonly format: string;
  readonly insert: boolean;
}

/** Formats that the engine reads from memory; every other one goes through a file. */
const RAW_FORMATS: readonly RawInsertFormat[] = [
  "JSONEachRow",
  "JSONCompactEachRow",
  "TabSeparated",
];
const INSERT =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?([\w.`]+)\s*(?:\(([^)]*)\))?\s*FORMAT\s+(\w+)\s*$/i;

/**
 * One engine session, one statement at a time: what a statement sets is set before it and back to
 * the default after it, which is what a request to a server means.
 */
export class EngineQueue {
  readonly #session: Session;
  #last: Promise<unknown> = Promise.resolve();
  #database = "default";

  constructor(session: Session) {
    this.#session = session;
  }

  run(statement: ShimStatement): Promise<ShimResult> {
    const result = this.#last.then(() => this.#runNow(statement));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #runNow({ settings, database, ...statement }: ShimStatement): Promise<ShimResult> {
    await this.#use(database);
    const names = settings.map(([name]) => name);
    try {
      for (const [name, value] of settings) await this.#do(`SET ${name} = ${literal(value)}`);
      return await this.#execute(statement);
    } finally {
      const plain = names.filter((name) => !name.startsWith("param_"));
      if (plain.length > 0) {
        const resets = plain.map((name) => `${name} = DEFAULT`).join(", ");
        await this.#do(`SET ${resets}`).catch(() => undefined);
      }
    }
  }

  async #use(database: string): Promise<void> {
    if (database === this.#database) return;
    await this.#do(`USE \`${database}\``);
    this.#database = database;
  }

  async #do(text: string): Promise<void> {
    await this.#session.queryAsync(text);
  }

  async #execute({
    statement,
    payload,
    format,
  }: Pick<ShimStatement, "statement" | "payload" | "format">): Promise<ShimResult> {
    if (payload === null) {
      const result = await this.#session.queryAsync(statement, { format });
      const named = /\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(statement)?.[1];
      return {
        bytes: Buffer.from(result.bytes()),
        writtenRows: 0,
        format: named ?? format,
        insert: false,
      };
    }
    const [, table, columns, given] = INSERT.exec(statement) ?? [];
    if (table === undefined || given === undefined) {
      throw Object.assign(
        new Error(
          `Code: 62. DB::Exception: the shim reads no such insert: ${statement}. (SYNTAX_ERROR)`,
        ),
        { clickhouseCode: 62 },
      );
    }
    const names = columns?.split(",").map((name) => name.trim().replaceAll("`", ""));
    const writtenRows = await this.#insert(table, names, given, payload);
    return { bytes: new Uint8Array(), writtenRows, format, insert: true };
  }

  async #insert(
    table: string,
    columns: readonly string[] | undefined,
    given: string,
    payload: Buffer,
  ): Promise<number> {
    const format = RAW_FORMATS.find((known) => known === given);
    if (payload.length === 0) return 0;
    if (format !== undefined) {
      const inserted = await this.#session.insert({
        table,
        format,
        values: payload,
        ...(columns === undefined ? {} : { columns }),
      });
      return inserted.rowsWritten;
    }
    const path = join(tmpdir(), `shim-${randomUUID()}`);
    await writeFile(path, payload);
    const list = columns === undefined ? "" : ` (${columns.join(", ")})`;
    try {
      await this.#do(`INSERT INTO ${table}${list} SELECT * FROM file('${path}', '${given}')`);
    } finally {
      await unlink(path);
    }
    return 0;
  }
}

function literal(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
