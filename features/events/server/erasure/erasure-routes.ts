import {
  commandContext,
  cursorPage,
  identityOf,
  PageOf,
  pageLimit,
  PageQuery,
  problem,
  readCursor,
} from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";
import type { Static } from "typebox";

import { EraseBody, ErasureView } from "../../erasure-api.ts";
import { erasePerson } from "../commands/erase-person.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import { findErasure, listErasures } from "./erasure-repository.ts";
import type { RecordedErasure } from "./erasure-repository.ts";
import type { PendingErasure } from "./pending.ts";

type View = Static<typeof ErasureView>;

/** An answer does not wait longer: the erasure goes on, and its address tells how far it is. */
const ANSWER_AFTER_MS = 20_000;

/** Erasing one person, and the receipts. */
export function registerErasureRoutes(app: App, deps: EventRouteDeps): void {
  registerErase(app, deps);
  registerReceipts(app, deps);
}

function registerErase(app: App, deps: EventRouteDeps): void {
  app.post(
    "/api/v1/events/erasures",
    {
      config: { permission: "event.erase" },
      schema: {
        tags: ["events"],
        summary: "Erases one person from every event, for good",
        body: EraseBody,
        response: { 201: ErasureView, 202: ErasureView },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const { identifiers, suppress, reason } = request.body;
      const id = ctx.newId();
      const input = { id, identifiers, suppress: suppress ?? true, reason };
      const erasing = erasePerson(ctx, deps.store, input, deps.forgetPerson);
      const done = await withinMs(erasing, ANSWER_AFTER_MS);
      if (done === null) {
        // It is on the disk, so a failure from here on is found and finished by the periodic task.
        erasing.catch((error: unknown) => request.log.error({ err: error }, "an erasure failed"));
        const pending = deps.store.erasures.pending.find((open) => open.id === id);
        if (pending !== undefined) return reply.status(202).send(await runningView(deps, pending));
        return reply.status(202).send(await runningView(deps, placeholder(id, ctx.now)));
      }
      if (!done.ok) throw reasonNamesPerson();
      return reply.status(201).send(doneView(done.value));
    },
  );
}

function registerReceipts(app: App, deps: EventRouteDeps): void {
  app.get(
    "/api/v1/events/erasures",
    {
      config: { permission: "event.erase" },
      schema: {
        tags: ["events"],
        summary: "Erasures, the newest first; those under way come before all others",
        querystring: PageQuery,
        response: { 200: PageOf(ErasureView) },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      const limit = pageLimit(request.query.limit);
      const [completedAt, id] = readCursor(request.query.cursor, 2) ?? [];
      const after =
        completedAt === undefined || id === undefined
          ? null
          : { completedAt: new Date(Number(completedAt)), id };
      const rows = await listErasures(db, workspaceId, limit + 1, after);
      const page = cursorPage(rows, limit, ({ receipt }) => [
        String(receipt.completedAt),
        receipt.id,
      ]);
      const running = after === null ? pendingOf(deps, workspaceId) : [];
      const views = await Promise.all(running.map((pending) => runningView(deps, pending)));
      return { items: [...views, ...page.items.map(doneView)], next: page.next };
    },
  );
  app.get(
    "/api/v1/events/erasures/:id",
    {
      config: { permission: "event.erase" },
      schema: {
        tags: ["events"],
        summary: "The receipt of one erasure, or how far it is",
        params: Type.Object({ id: Type.String() }),
        response: { 200: ErasureView },
      },
    },
    async (request) => {
      const { db } = commandContext(request);
      const { workspaceId } = identityOf(request);
      const recorded = await findErasure(db, workspaceId, request.params.id);
      if (recorded !== null) return doneView(recorded);
      const pending = pendingOf(deps, workspaceId).find(({ id }) => id === request.params.id);
      if (pending !== undefined) return runningView(deps, pending);
      throw problem({
        name: "not-found",
        title: "There is no such erasure",
        status: 404,
        detail: "No erasure of this workspace has this id.",
      });
    },
  );
}

function pendingOf(deps: EventRouteDeps, workspaceId: string): readonly PendingErasure[] {
  return deps.store.erasures.pending.filter(({ workspace }) => workspace === workspaceId);
}

function placeholder(id: string, now: Date): PendingErasure {
  const nobody = { workspace: "", identifiers: [], suppress: true, reason: "", actor: "" };
  return { id, ...nobody, requestedAt: now.getTime() };
}

async function runningView(deps: EventRouteDeps, pending: PendingErasure): Promise<View> {
  const { erasing } = await deps.store.stats();
  const progress =
    erasing === null || erasing.id !== pending.id
      ? null
      : { filesDone: erasing.filesDone, files: erasing.files };
  return {
    id: pending.id,
    state: "running",
    requestedAt: instantText(pending.requestedAt),
    completedAt: null,
    tookMs: null,
    requestedBy: pending.actor,
    reason: pending.reason,
    suppress: pending.suppress,
    progress,
    identifiers: [],
    shared: [],
    rowsRemoved: 0,
    badRemoved: 0,
    rowsRedacted: 0,
    files: [],
    unexamined: [],
    receiptSha256: null,
  };
}

function doneView({ receipt, receiptSha256 }: RecordedErasure): View {
  return {
    id: receipt.id,
    state: "done",
    requestedAt: instantText(receipt.requestedAt),
    completedAt: instantText(receipt.completedAt),
    tookMs: receipt.tookMs,
    requestedBy: receipt.actor,
    reason: receipt.reason,
    suppress: receipt.suppress,
    progress: null,
    identifiers: receipt.erased.map(({ digest }) => digest),
    shared: receipt.shared.map(({ digest }) => digest),
    rowsRemoved: receipt.rowsRemoved,
    badRemoved: receipt.badRemoved,
    rowsRedacted: receipt.rowsRedacted,
    files: receipt.files,
    unexamined: receipt.unexamined,
    receiptSha256,
  };
}

function reasonNamesPerson(): Error {
  return problem({
    name: "reason-names-person",
    title: "The reason names the person",
    status: 422,
    detail:
      "The reason is kept for ever, so it must not hold an identifier. Nothing was erased: say why in other words.",
    errors: [{ pointer: "body/reason", detail: "holds one of the identifiers" }],
  });
}

/** The value, or null if it takes longer. */
async function withinMs<T>(work: Promise<T>, limitMs: number): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function instantText(instant: number): string {
  return new Date(instant).toISOString();
}
