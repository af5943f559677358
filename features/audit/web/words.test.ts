import assert from "node:assert/strict";
import { test } from "node:test";

import type { AuditEntry } from "../api.ts";
import { detailWords, endOfDay, startOfDay, subjectAddress, subjectWords } from "./words.ts";

const ID = "01a20bb1-85d0-7066-9fcb-7fe2419e85a7";
const entry: AuditEntry = {
  index: 3,
  id: ID,
  at: "2026-11-24T03:55:12.000Z",
  action: "flag.publish",
  actor: { kind: "service", id: "monitor", role: null, name: null },
  subject: { kind: "flag", id: ID },
  detail: {
    key: "checkout",
    revision: 4,
    digest: "a".repeat(64),
    until: "2026-11-24T00:00:00.000Z",
  },
  personal: [],
  requestId: null,
};

test("an entry is about its key, its personal title, or the end of an id", () => {
  assert.equal(subjectWords(entry), "Flag checkout");
  const titled = { ...entry, personal: [{ name: "title", value: "One page" }] };
  assert.equal(subjectWords(titled), "Flag One page");
  const erased = { ...entry, detail: {}, personal: [{ name: "title", value: null }] };
  assert.equal(subjectWords(erased), "Flag …419e85a7");
});

test("the detail in one line gives the reason, or plain facts without digests", () => {
  assert.equal(detailWords(entry), "revision 4 · until 2026-11-24 00:00");
  assert.equal(detailWords({ ...entry, detail: { reason: "Harm.", revision: 4 } }), "Harm.");
  assert.equal(detailWords({ ...entry, detail: { analysis: { reason: "Up." } } }), "Up.");
  assert.equal(detailWords({ ...entry, detail: null }), "");
});

test("what has a page or a list of its kind is linked, the rest is not", () => {
  assert.equal(subjectAddress(entry), "/flags/checkout");
  assert.equal(subjectAddress({ ...entry, detail: null }), null);
  const initiative = { ...entry, subject: { kind: "initiative", id: ID } };
  assert.equal(subjectAddress(initiative), `/initiatives/${ID}`);
  assert.equal(
    subjectAddress({ ...entry, subject: { kind: "person", id: ID } }),
    "/settings/members",
  );
  assert.equal(subjectAddress({ ...entry, subject: { kind: "session", id: ID } }), null);
});

test("a day is read as its span in UTC, and what is no day as nothing", () => {
  assert.equal(startOfDay("2026-11-24"), "2026-11-24T00:00:00.000Z");
  assert.equal(endOfDay("2026-12-31"), "2027-01-01T00:00:00.000Z");
  assert.equal(startOfDay("yesterday"), undefined);
  assert.equal(endOfDay("2026-13-40"), undefined);
});
