import { createHash } from "node:crypto";

import { appendAudit } from "@paceline/audit/server";
import type { CommandContext } from "@paceline/command";
import { inTransaction } from "@paceline/db";
import { ok } from "@paceline/result";
import type { Static } from "typebox";

import type { AlertmanagerBody } from "../../alert-api.ts";
import { forgetResolved, mergeAlerts, touchReceiver } from "./alert-repository.ts";
import type { AlertReceiver, StoredAlert } from "./alert-repository.ts";

/** Alertmanager writes the year 1 where an alert has no end. */
const NO_END_BEFORE = Date.parse("1970-01-01T00:00:00Z");
const RESOLVED_KEPT_MS = 7 * 24 * 3_600_000;
const AUDITED_ALERTS = 50;

type SentAlert = Static<typeof AlertmanagerBody>["alerts"][number];

/** What receiving alerts did. */
export interface AlertsReceived {
  readonly received: number;
  /** Fingerprints that began to fire, or ended, by it. */
  readonly changed: number;
}

/** The hash under which a receiver's token is stored. */
export function alertTokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Alertmanager's own fingerprint; without one the labels name the alert, in any order. */
function fingerprintOf({ fingerprint, labels }: SentAlert): string {
  if (fingerprint !== undefined && fingerprint !== "") return fingerprint;
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 32);
}

function storedOf(alert: SentAlert, now: Date): Omit<StoredAlert, "receiverId"> {
  const startsAt = alert.startsAt === undefined ? now : new Date(alert.startsAt);
  const endsAt = alert.endsAt === undefined ? null : new Date(alert.endsAt);
  return {
    fingerprint: fingerprintOf(alert),
    status: alert.status,
    labels: alert.labels,
    annotations: alert.annotations ?? {},
    startsAt,
    endsAt:
      alert.status === "firing" || endsAt === null || endsAt.getTime() < NO_END_BEFORE
        ? null
        : endsAt,
    receivedAt: now,
  };
}

/** The newest word on each fingerprint: one body may repeat an alert, and a row is written once. */
function newestOfEach(
  alerts: readonly Omit<StoredAlert, "receiverId">[],
): readonly Omit<StoredAlert, "receiverId">[] {
  const newest = new Map<string, Omit<StoredAlert, "receiverId">>();
  for (const alert of alerts) {
    const known = newest.get(alert.fingerprint);
    if (known === undefined || alert.startsAt >= known.startsAt) {
      newest.set(alert.fingerprint, alert);
    }
  }
  return [...newest.values()];
}

/**
 * Takes alerts of another system over. Sending the same again changes nothing but when they were last
 * heard of; what began to fire or ended is audited.
 */
export async function receiveAlerts(
  ctx: CommandContext,
  receiver: AlertReceiver,
  body: Static<typeof AlertmanagerBody>,
): Promise<AlertsReceived> {
  const alerts = newestOfEach(body.alerts.map((alert) => storedOf(alert, ctx.now)));
  const done = await inTransaction(ctx.db, async (tx) => {
    const changed = await mergeAlerts(tx, receiver, alerts);
    await touchReceiver(tx, receiver.id, ctx.now);
    await forgetResolved(tx, receiver.id, new Date(ctx.now.getTime() - RESOLVED_KEPT_MS));
    if (changed.length > 0) {
      const named = alerts
        .filter(({ fingerprint }) => changed.some((one) => one.fingerprint === fingerprint))
        .slice(0, AUDITED_ALERTS)
        .map(({ fingerprint, status, labels, startsAt }) => ({
          fingerprint,
          status,
          labels,
          startsAt: startsAt.toISOString(),
        }));
      await appendAudit(tx, ctx, {
        action: "alert.receive",
        subject: { kind: "alert-receiver", id: receiver.id },
        detail: { receiver: receiver.name, changed: changed.length, alerts: named },
      });
    }
    return ok(changed.length);
  });
  return { received: alerts.length, changed: done.ok ? done.value : 0 };
}
