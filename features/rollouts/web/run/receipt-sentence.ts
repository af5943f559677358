import type { ReceiptStatusView } from "@paceline/flags/api";

import { shareWords, tookWords } from "../plan-words.ts";

type Receipts = Pick<
  ReceiptStatusView,
  "revision" | "share" | "expected" | "acknowledged" | "lastMs" | "p99Ms" | "connected"
>;

const tenthsOfPercent = 1_000;

/** "99.2% on revision 57 after 1.4 s"; rounded down, so that 100% means everybody. */
export function receiptSentence(receipts: Receipts): string {
  const { revision, share, expected, acknowledged, lastMs, p99Ms, connected } = receipts;
  if (expected === 0 || share === null) {
    return connected === 0 ? "No client is connected." : "No connected client sends receipts.";
  }
  if (acknowledged === 0) return `Nobody has acknowledged revision ${revision} yet.`;
  const took = acknowledged === expected ? lastMs : p99Ms;
  const rounded = Math.floor(share * tenthsOfPercent) / tenthsOfPercent;
  return `${shareWords(rounded)} on revision ${revision}${took === null ? "" : ` after ${tookWords(took)}`}`;
}
