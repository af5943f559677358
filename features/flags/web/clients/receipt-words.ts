import type { ReceiptStatusView } from "../../clients-api.ts";

type Receipts = Pick<
  ReceiptStatusView,
  "revision" | "share" | "expected" | "acknowledged" | "lastMs" | "p99Ms" | "connected"
>;

const MS = 1_000;

/** Kept apart from the kit, so that it can be tried without a browser. */
export function secondsOf(durationMs: number): string {
  return durationMs < MS ? `${Math.round(durationMs)} ms` : `${(durationMs / MS).toFixed(1)} s`;
}

function percentOf(share: number): string {
  return `${share === 1 ? 100 : (Math.floor(share * MS) / 10).toFixed(1)}%`;
}

/** "99.2% on revision 57 after 1.4 s"; without clients that answer, it says so. */
export function receiptWords(receipts: Receipts): string {
  const { revision, share, expected, acknowledged, lastMs, p99Ms, connected } = receipts;
  if (expected === 0 || share === null) {
    return connected === 0
      ? "No client is connected"
      : `${connected} ${connected === 1 ? "client" : "clients"} connected; none of them sends receipts`;
  }
  if (acknowledged === 0) return `Nobody has acknowledged revision ${revision} yet`;
  const took = acknowledged === expected ? lastMs : p99Ms;
  const after = took === null ? "" : ` after ${secondsOf(took)}`;
  return `${percentOf(share)} on revision ${revision}${after}`;
}

export const protocolNames = {
  sdk: "Paceline SDK",
  "ofrep-sse": "OFREP with event stream",
  "flagd-sync": "flagd in-process (sync)",
  "flagd-evaluation": "flagd remote (evaluation)",
} as const;
