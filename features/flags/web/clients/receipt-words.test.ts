import assert from "node:assert/strict";
import { test } from "node:test";

import { receiptWords } from "./receipt-words.ts";

const receipts = {
  revision: 57,
  share: 0.992,
  expected: 125,
  acknowledged: 124,
  connected: 130,
  lastMs: 4_000,
  p99Ms: 1_400,
};

test("how many have a revision is said with the time that it took", () => {
  assert.equal(receiptWords(receipts), "99.2% on revision 57 after 1.4 s");
  const all = { ...receipts, share: 1, acknowledged: 125 };
  assert.equal(receiptWords(all), "100% on revision 57 after 4.0 s");
});

test("clients that send no receipts are never counted as having acknowledged", () => {
  const none = { ...receipts, share: null, expected: 0, acknowledged: 0 };
  assert.equal(receiptWords(none), "130 clients connected; none of them sends receipts");
  assert.equal(receiptWords({ ...none, connected: 0 }), "No client is connected");
  const silent = { ...receipts, share: 0, acknowledged: 0 };
  assert.equal(receiptWords(silent), "Nobody has acknowledged revision 57 yet");
});
