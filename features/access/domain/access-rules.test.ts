import assert from "node:assert/strict";
import { test } from "node:test";

import {
  clientGroup,
  decideEnvironment,
  decideKey,
  decideMemberChange,
  decidePassword,
  emailKey,
  environmentNow,
  formatKey,
  isCrossSite,
  parseKey,
  readKeyCredential,
  sessionState,
} from "./index.ts";

const decodeBase64 = (text: string): string => Buffer.from(text, "base64").toString();
const kindOf = (result: { ok: boolean; error?: { kind: string } }): string =>
  result.ok ? "ok" : (result.error?.kind ?? "");

test("a password counts by its length, not by its ingredients", () => {
  const table = {
    short: "password-too-short",
    "only eleven": "password-too-short",
    "exactly twelv": "ok",
    "correct horse battery staple": "ok",
    aaaaaaaaaaaaaaaa: "password-guessable",
    abababababababab: "password-guessable",
    "marta.lindqvist1": "password-guessable",
    "lindqvist and a long tail of other words": "ok",
    "🦩🐙🦀🐬🐳🦭🐚🪸🐠🐡🦈🐟": "ok",
  };
  for (const [password, expected] of Object.entries(table))
    assert.equal(
      kindOf(decidePassword(password, ["marta.lindqvist@acme.example", "Marta Lindqvist"])),
      expected,
      password,
    );
  assert.equal(kindOf(decidePassword("ab cd ef gh ".repeat(30), [])), "password-too-long");
});

test("the same password typed on another system is the same password", () => {
  const composed = decidePassword("caf\u00e9 at the corner", []);
  const decomposed = decidePassword("cafe\u0301 at the corner", []);
  assert.deepEqual(composed, decomposed);
});

test("two spellings of one e-mail address are one person", () => {
  assert.equal(emailKey("  Mara@ACME.example "), emailKey("mara@acme.example"));
});

test("a key text survives the way there and back, and nothing near it is a key", () => {
  const text = formatKey({ prefix: "abc123def456", secret: "A".repeat(43) });
  assert.deepEqual(parseKey(text), { prefix: "abc123def456", secret: "A".repeat(43) });
  for (const near of [`${text}A`, text.slice(1), text.toUpperCase(), ` ${text}`, `${text}\n`])
    assert.equal(parseKey(near), null, near);
});

test("a credential that is there but unreadable is malformed, never absent", () => {
  const none = readKeyCredential({ authorization: undefined, apiKey: undefined }, decodeBase64);
  assert.equal(none.kind, "none");
  for (const authorization of ["", "Bearer", "Bearer x y", "Basic %%%", "Negotiate abc"])
    assert.equal(
      readKeyCredential({ authorization, apiKey: undefined }, decodeBase64).kind,
      "malformed",
      authorization,
    );
});

test("which keys may exist: intake and evaluation in one environment, admin or metrics alone in none", () => {
  const table = [
    [["intake"], "production", "ok"],
    [["intake", "evaluate"], "production", "ok"],
    [["intake"], null, "environment-required"],
    [["admin"], null, "ok"],
    [["metrics"], null, "ok"],
    [["metrics"], "production", "environment-not-allowed"],
    [["intake", "metrics"], "production", "metrics-with-other-scopes"],
    [["admin"], "production", "environment-not-allowed"],
    [["admin", "evaluate"], "production", "admin-with-other-scopes"],
    [[], "production", "no-scope"],
  ] as const;
  for (const [scopes, environment, expected] of table)
    assert.equal(kindOf(decideKey({ scopes, environment })), expected, scopes.join());
});

test("an environment's own clock counts only in a replay", () => {
  const wall = new Date("2026-01-01T00:00:00Z");
  const simulatedNow = new Date("2008-03-20T00:00:00Z");
  assert.equal(environmentNow({ kind: "live", simulatedNow: null }, wall), wall);
  assert.equal(environmentNow({ kind: "replay", simulatedNow }, wall), simulatedNow);
  for (const key of ["production", "staging", "drill"])
    assert.equal(
      kindOf(decideEnvironment({ key, kind: "replay", startsAt: simulatedNow })),
      "reserved-key",
    );
});

test("the last owner neither leaves nor takes another role; with a second one both are fine", () => {
  const ada = { userId: "ada", role: "owner" } as const;
  const bo = { userId: "bo", role: "engineer" } as const;
  assert.equal(kindOf(decideMemberChange([ada, bo], "ada", "viewer")), "last-owner");
  assert.equal(kindOf(decideMemberChange([ada, bo], "ada", null)), "last-owner");
  assert.equal(kindOf(decideMemberChange([ada, bo], "ada", "owner")), "ok");
  assert.equal(kindOf(decideMemberChange([ada, bo], "bo", null)), "ok");
  assert.equal(kindOf(decideMemberChange([ada, { ...bo, role: "owner" }], "ada", null)), "ok");
  assert.equal(kindOf(decideMemberChange([ada], "cy", "viewer")), "not-a-member");
});

test("a session is over at the very instant at which it ends", () => {
  const now = new Date("2026-03-02T09:00:00Z");
  const ago = (ms: number): Date => new Date(now.getTime() - ms);
  const times = { lastSeenAt: now, expiresAt: new Date(now.getTime() + 1), revokedAt: null };
  assert.equal(sessionState(times, now), "alive");
  assert.equal(sessionState({ ...times, expiresAt: now }, now), "ended");
  assert.equal(sessionState({ ...times, lastSeenAt: ago(5 * 60_000) }, now), "touch");
  assert.equal(sessionState({ ...times, lastSeenAt: ago(86_400_000 - 1) }, now), "touch");
  assert.equal(sessionState({ ...times, lastSeenAt: ago(86_400_000) }, now), "ended");
  assert.equal(sessionState({ ...times, revokedAt: now }, now), "ended");
});

test("what counts as another site's request, after Go's CrossOriginProtection", () => {
  const post = { method: "POST", fetchSite: undefined, origin: undefined, host: "a.example" };
  const table = [
    [{}, false],
    [{ method: "GET", fetchSite: "cross-site" }, false],
    [{ fetchSite: "same-origin" }, false],
    [{ fetchSite: "none" }, false],
    [{ fetchSite: "same-site" }, true],
    [{ fetchSite: "cross-site" }, true],
    [{ origin: "https://a.example" }, false],
    [{ origin: "https://a.example:8443" }, true],
    [{ origin: "https://b.example" }, true],
    [{ origin: "null" }, true],
    [{ origin: "https://a.example", host: undefined }, true],
    [{ method: "DELETE", origin: "https://b.example" }, true],
  ] as const;
  for (const [change, expected] of table)
    assert.equal(isCrossSite({ ...post, ...change }), expected, JSON.stringify(change));
});

test("all addresses of one IPv6 network are one client, IPv4 addresses are one each", () => {
  assert.equal(clientGroup("2001:db8:7::1"), clientGroup("2001:0db8:0007:0000:ffff::2"));
  assert.notEqual(clientGroup("2001:db8:7::1"), clientGroup("2001:db8:7:1::1"));
  assert.equal(clientGroup("::ffff:203.0.113.9"), "203.0.113.9");
  assert.equal(clientGroup("::1"), clientGroup("::2"));
  assert.equal(clientGroup("fe80::1%eth0"), clientGroup("fe80::2"));
  assert.notEqual(clientGroup("203.0.113.9"), clientGroup("203.0.113.10"));
});
