import { Readable } from "node:stream";

import { commandContext, problem } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";
import { Value } from "typebox/value";

import { ParityLatest, ParityQuery, ParityReportView } from "../../api.ts";
import { MAX_PARITY_HOURS, PARITY_HOUR_MS } from "../../domain/index.ts";
import type { ParityReport } from "../../domain/index.ts";
import { keepParityReport } from "../commands/keep-parity-report.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import { compareMessages, MAX_PARITY_MESSAGES } from "./compare.ts";
import { findReport } from "./reports.ts";

/**
 * Comparing with another vendor while both run. The body of the POST is that vendor's export as a file
 * is, so this plugin has a content type parser of its own that reads nothing.
 */
export function registerParityRoutes(app: App, deps: EventRouteDeps): void {
  app.get(
    "/api/v1/events/parity",
    {
      config: { permission: "event.read" },
      schema: {
        tags: ["events"],
        summary: "The last comparison of an environment with another vendor",
        querystring: Type.Pick(ParityQuery, ["environment"]),
        response: { 200: ParityLatest },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const report = await findReport(db, workspaceId, request.query.environment);
      return { report: Value.Check(ParityReportView, report) ? report : null };
    },
  );
  app.register(async (plugin) => {
    plugin.removeAllContentTypeParsers();
    plugin.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    registerCompare(plugin, deps);
  });
}

function registerCompare(app: App, deps: EventRouteDeps): void {
  let running = false;
  app.post(
    "/api/v1/events/parity",
    {
      config: { permission: "event.compare", idempotent: false },
      schema: {
        tags: ["events"],
        summary: "Compares an export of another vendor (NDJSON or CSV, gzip or not) with the store",
        querystring: ParityQuery,
        response: { 200: ParityReportView },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { environment, format, source, ...rest } = request.query;
      const window = windowOf(rest.from, rest.to);
      if (!(request.body instanceof Readable)) throw noFile();
      if (running) throw busy();
      running = true;
      try {
        const compared = await compareMessages(
          deps.store,
          {
            workspace: ctx.workspaceId,
            environment,
            ...(source === undefined ? {} : { source }),
            ...window,
            format: format ?? "ndjson",
            columns: rest,
          },
          request.body,
        );
        if (!compared.ok) throw tooMany();
        const view = viewOf(compared.value, {
          environment,
          comparedAt: ctx.now.toISOString(),
          comparedBy: ctx.actor.name,
        });
        await keepParityReport(ctx, view);
        return view;
      } finally {
        running = false;
      }
    },
  );
}

/** Whole hours that hold the time asked for. @throws Problem 422 for one that a report cannot cover */
function windowOf(fromText: string, toText: string): { from: number; to: number } {
  const from = Math.floor(Date.parse(fromText) / PARITY_HOUR_MS) * PARITY_HOUR_MS;
  const to = Math.ceil(Date.parse(toText) / PARITY_HOUR_MS) * PARITY_HOUR_MS;
  if (to > from && (to - from) / PARITY_HOUR_MS <= MAX_PARITY_HOURS) return { from, to };
  throw problem({
    name: "parity-time",
    title: "The time cannot be compared",
    status: 422,
    detail: `A comparison covers 1 to ${MAX_PARITY_HOURS} hours. Nothing was read.`,
    errors: [{ pointer: "query/to", detail: "must be after `from`, and at most 31 days later" }],
  });
}

function noFile(): Error {
  return problem({
    name: "parity-without-file",
    title: "There is nothing to compare with",
    status: 400,
    detail: "Send the export of the other vendor as the body. Nothing was read.",
  });
}

function busy(): Error {
  return problem({
    name: "comparison-running",
    title: "Another comparison is running",
    status: 429,
    detail: "One comparison runs at a time. Nothing was read; try again when it has ended.",
    headers: { "retry-after": "15" },
  });
}

function tooMany(): Error {
  return problem({
    name: "too-many-messages",
    title: "There are too many messages to compare at once",
    status: 422,
    detail: `Both sides together may have ${MAX_PARITY_MESSAGES.toLocaleString("en-US")} messages. Compare a shorter time, or one source. Nothing was kept.`,
  });
}

function viewOf(
  report: ParityReport,
  about: Pick<ParityReportView, "environment" | "comparedAt" | "comparedBy">,
): ParityReportView {
  return {
    ...about,
    ...report,
    from: instantText(report.from),
    to: instantText(report.to),
    events: report.events.map((event) => ({
      ...event,
      samplesMissingHere: [...event.samplesMissingHere],
      samplesMissingThere: [...event.samplesMissingThere],
      hours: event.hours.map((hour) => ({ ...hour, at: instantText(hour.at) })),
      schema: event.schema.map((difference) => ({
        ...difference,
        here: [...difference.here],
        there: [...difference.there],
        firstAt: instantText(difference.firstAt),
        lastAt: instantText(difference.lastAt),
      })),
    })),
  };
}

function instantText(instant: number): string {
  return new Date(instant).toISOString();
}
