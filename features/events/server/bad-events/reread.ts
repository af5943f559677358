import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import {
  MESSAGE_TYPES,
  OTLP_SIGNALS,
  readBadEvent,
  readBody,
  readOtlpRecord,
  readPosthog,
} from "../../domain/index.ts";
import type { BadEventBody, BadGroupRow, ReadBody, Receipt } from "../../domain/index.ts";
import { digestOf } from "../intake/pipeline.ts";

const BAD_PREFIX = "bad:";

/** A bad event as it is worked on. */
export interface BadRow {
  readonly row: BadGroupRow;
  readonly body: BadEventBody;
  /** The id under which the event is stored when it passes. */
  readonly originalId: string;
}

/** @returns null for a row that this product cannot have written */
export function badRow(row: BadGroupRow): BadRow | null {
  const body = readBadEvent(row.properties);
  if (body === null || !row.messageId.startsWith(BAD_PREFIX)) return null;
  return { row, body, originalId: row.messageId.slice(BAD_PREFIX.length) };
}

/** Where a bad event is read again. */
export interface RereadScope {
  readonly workspace: string;
  readonly environment: string;
  /** Whether the environment's clock is simulated. */
  readonly replay: boolean;
}

export function receiptOf({ row, originalId }: BadRow, scope: RereadScope): Receipt {
  return {
    ...scope,
    source: row.source,
    // As it was when the event arrived first: replaying must not make it younger.
    receivedAt: row.receivedAt,
    newMessageId: () => originalId,
  };
}

/**
 * Reads an event again in the dialect in which it came, as if it arrived at its time.
 *
 * @param raw the event as sent, or as it was corrected since
 */
export function reread(
  bad: BadRow,
  raw: unknown,
  receipt: Receipt,
): Result<ReadBody, { readonly path: string; readonly reason: string }> {
  const { body, row } = bad;
  const sentAt = row.sentAt === null ? undefined : new Date(row.sentAt).toISOString();
  const context: unknown = JSON.parse(row.context);
  const read = readIn(body, raw, { sentAt, context }, receipt);
  if (read === null) {
    return err({ path: "", reason: `events of ${body.dialect} cannot be read again here` });
  }
  if (!read.ok) return err({ path: "", reason: read.error.reason });
  const moved = read.value.events.some(({ messageId }) => messageId !== bad.originalId);
  if (moved && body.dialect !== "otlp") {
    const reason = "the message id must stay: it keeps the event from counting twice";
    return err({ path: body.dialect === "posthog" ? "/uuid" : "/messageId", reason });
  }
  return ok(read.value);
}

function readIn(
  { dialect, call }: BadEventBody,
  raw: unknown,
  inherited: { readonly sentAt: string | undefined; readonly context: unknown },
  receipt: Receipt,
): Result<ReadBody, { readonly reason: string }> | null {
  const { sentAt, context } = inherited;
  if (dialect === "segment") {
    const single = MESSAGE_TYPES.find((known) => known === call);
    if (single !== undefined) return readBody(raw, single, receipt);
    return readBody({ batch: [raw], sentAt, context }, "batch", receipt);
  }
  if (dialect === "posthog") return readPosthog({ batch: [raw], sent_at: sentAt }, receipt);
  const signal = OTLP_SIGNALS.find((known) => known === call);
  if (dialect === "otlp" && signal !== undefined) {
    return ok(readOtlpRecord(signal, raw, receipt, digestOf));
  }
  return null;
}
