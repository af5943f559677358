import { addLatencies, timeToShare } from "../domain/index.ts";
import { SUBSCRIBER_PROTOCOLS } from "./subscribers.ts";
import type {
  ProtocolReceipts,
  ReceiptCounts,
  ReceiptStatus,
  SubscriberProtocol,
} from "./subscribers.ts";

function sum(counts: readonly ReceiptCounts[], of: (one: ReceiptCounts) => number): number {
  return counts.reduce((total, one) => total + of(one), 0);
}

function expectedOf(counts: readonly ReceiptCounts[]): number {
  return Math.max(
    0,
    sum(counts, ({ expected, left }) => expected - left),
  );
}

function receiptsOf(counts: readonly ReceiptCounts[]): ProtocolReceipts {
  const expected = expectedOf(counts);
  const deliveredMs = addLatencies(counts.map((one) => one.deliveredMs));
  return {
    expected,
    delivered: sum(counts, ({ delivered }) => delivered),
    acknowledged: sum(counts, ({ acknowledged }) => acknowledged),
    left: sum(counts, ({ left }) => left),
    deliveredP50Ms: timeToShare(deliveredMs, expected, 0.5),
    deliveredP99Ms: timeToShare(deliveredMs, expected, 0.99),
  };
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function most(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Adds up what the nodes counted for one revision. */
export function receiptStatus(
  revision: number,
  counts: readonly ReceiptCounts[],
  connected: number,
): ReceiptStatus {
  const sdk = counts.filter(({ protocol }) => protocol === "sdk");
  const expected = expectedOf(sdk);
  const acknowledged = sum(sdk, (one) => one.acknowledged);
  const acknowledgedMs = addLatencies(sdk.map((one) => one.acknowledgedMs));
  const firstAtMs = least(sdk.map((one) => one.firstAtMs));
  const publishedAtMs = least(counts.map((one) => one.publishedAtMs));
  const byProtocol: Partial<Record<SubscriberProtocol, ProtocolReceipts>> = {};
  for (const protocol of SUBSCRIBER_PROTOCOLS) {
    const own = counts.filter((one) => one.protocol === protocol);
    if (own.length > 0) byProtocol[protocol] = receiptsOf(own);
  }
  return {
    revision,
    publishedAt: publishedAtMs === null ? null : new Date(publishedAtMs),
    connected,
    delivered: sum(counts, ({ delivered }) => delivered),
    acknowledged,
    expected,
    // Who acknowledges and leaves counts as having it: no more than all can.
    share: expected === 0 ? null : Math.min(1, acknowledged / expected),
    p50Ms: timeToShare(acknowledgedMs, expected, 0.5),
    p99Ms: timeToShare(acknowledgedMs, expected, 0.99),
    firstAt: firstAtMs === null ? null : new Date(firstAtMs),
    lastMs: most(sdk.map((one) => one.lastMs)),
    byProtocol,
  };
}
