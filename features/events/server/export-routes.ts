import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";

import { identityOf, problem } from "@paceline/http";
import type { App } from "@paceline/http";

import { ExportQueryString } from "../api.ts";
import type { ExportFileFormat } from "../api.ts";
import { CSV_COLUMNS, csvLine, decodeLine, exportedEvent } from "../domain/index.ts";
import type { ExportedEvent } from "../domain/index.ts";
import type { EventRouteDeps } from "./dependencies.ts";
import type { ExportFile } from "./event-store.ts";

/** Each keeps a file of its own and reads the whole store once. */
const MAX_EXPORTS = 2;
/** Text is handed to the socket in pieces of about this many characters. */
const PIECE_LENGTH = 64 * 1024;

const MEDIA_TYPES: Readonly<Record<ExportFileFormat, string>> = {
  ndjson: "application/x-ndjson; charset=utf-8",
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  parquet: "application/vnd.apache.parquet",
};

/** How the lines of one format begin, follow each other and end. */
interface TextForm {
  readonly head: string;
  readonly line: (event: ExportedEvent, first: boolean) => string;
  readonly foot: string;
}

const FORMS: Readonly<Record<Exclude<ExportFileFormat, "parquet">, TextForm>> = {
  ndjson: { head: "", line: (event) => `${JSON.stringify(event)}\n`, foot: "" },
  json: {
    head: "[",
    line: (event, first) => `${first ? "\n" : ",\n"}${JSON.stringify(event)}`,
    foot: "\n]\n",
  },
  csv: { head: `${CSV_COLUMNS.join(",")}\r\n`, line: csvLine, foot: "" },
};

/** `GET /api/v1/events/export`: the events of an environment as a file, whatever their number. */
export function registerExportRoutes(app: App, deps: EventRouteDeps): void {
  let running = 0;
  app.get(
    "/api/v1/events/export",
    {
      config: { permission: "event.export" },
      schema: {
        tags: ["events"],
        summary: "Events as a file: NDJSON, JSON, CSV or Parquet",
        querystring: ExportQueryString,
      },
    },
    async (request, reply) => {
      const { environment, format = "ndjson", from, to, ...filter } = request.query;
      const { workspaceId } = identityOf(request);
      if (running >= MAX_EXPORTS) throw tooMany();
      running += 1;
      let file: ExportFile;
      try {
        file = await deps.store.exportEvents(
          {
            workspace: workspaceId,
            environment,
            from: from === undefined ? 0 : Date.parse(from),
            to: to === undefined ? Number.MAX_SAFE_INTEGER : Date.parse(to),
            ...filter,
          },
          format === "parquet" ? "parquet" : "lines",
        );
      } catch (cause) {
        running -= 1;
        throw cause;
      }
      const pieces = format === "parquet" ? bytesOf(file.path) : textOf(file.path, FORMS[format]);
      const stream = Readable.from(discarding(file, pieces));
      stream.once("close", () => {
        running -= 1;
        // Again, for a reader that was gone before the first piece.
        void file.discard();
      });
      return reply
        .headers({
          "content-type": MEDIA_TYPES[format],
          "content-disposition": `attachment; filename="events-${environment.replaceAll(/[^\w-]/gu, "_")}.${format}"`,
          "x-paceline-events": String(file.events),
          "cache-control": "no-store",
        })
        .send(stream);
    },
  );
}

function tooMany(): Error {
  return problem({
    name: "too-many-exports",
    title: "Other exports are running",
    status: 429,
    detail: `At most ${MAX_EXPORTS} exports run at once. Nothing was read; try again when one of them has ended.`,
    headers: { "retry-after": "10" },
  });
}

async function* discarding(
  file: ExportFile,
  pieces: AsyncIterable<string | Buffer>,
): AsyncGenerator<string | Buffer> {
  try {
    yield* pieces;
  } finally {
    await file.discard();
  }
}

async function* bytesOf(path: string): AsyncGenerator<Buffer> {
  yield* createReadStream(path);
}

/** The events of a file of log lines in one text form, a piece at a time. */
async function* textOf(path: string, form: TextForm): AsyncGenerator<string> {
  let piece = form.head;
  let first = true;
  for await (const event of eventsOf(path)) {
    piece += form.line(event, first);
    first = false;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = "";
  }
  yield piece + form.foot;
}

/** Reads the lines that an engine wrote. @throws Error for a line that is no event */
export async function* eventsOf(path: string): AsyncGenerator<ExportedEvent> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  for await (const line of lines) {
    const event = decodeLine(line);
    if (event === null) throw new Error("the engine exported a line that is no event");
    yield exportedEvent(event);
  }
}
