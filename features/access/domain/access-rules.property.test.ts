import assert from "node:assert/strict";
import { test } from "node:test";

import { ROLES } from "@paceline/command";
import fc from "fast-check";

import {
  clientGroup,
  countAttempt,
  decideClock,
  decideKey,
  decideMemberChange,
  formatKey,
  KEY_SCOPES,
  parseKey,
  readKeyCredential,
} from "./index.ts";
import type { Attempts } from "./index.ts";

const members = fc.uniqueArray(
  fc.record({ userId: fc.string({ minLength: 1, maxLength: 3 }), role: fc.constantFrom(...ROLES) }),
  { selector: ({ userId }) => userId, maxLength: 6 },
);

test("no sequence of allowed changes takes the last owner away", () => {
  const changes = fc.array(
    fc.record({ at: fc.nat(5), to: fc.option(fc.constantFrom(...ROLES), { nil: null }) }),
  );
  fc.assert(
    fc.property(members, changes, (start, list) => {
      fc.pre(start.some(({ role }) => role === "owner"));
      let present = start;
      for (const { at, to } of list) {
        const userId = present[at % present.length]?.userId ?? "";
        if (!decideMemberChange(present, userId, to).ok) continue;
        present = present.flatMap((member) =>
          member.userId !== userId ? [member] : to === null ? [] : [{ ...member, role: to }],
        );
      }
      assert.ok(present.some(({ role }) => role === "owner"));
    }),
  );
});

test("whatever is asked for, an admin or metrics key has no other scope, and any other key one environment", () => {
  const request = fc.record({
    scopes: fc.subarray([...KEY_SCOPES]),
    environment: fc.option(fc.constantFrom("production", "staging"), { nil: null }),
  });
  fc.assert(
    fc.property(request, (asked) => {
      const decision = decideKey(asked);
      if (!decision.ok) return;
      const { scopes, environment } = decision.value;
      assert.deepEqual([...scopes].toSorted(), [...asked.scopes].toSorted());
      const isAlone = scopes.includes("admin") || scopes.includes("metrics");
      assert.equal(isAlone, environment === null);
      assert.ok(!isAlone || scopes.length === 1);
    }),
  );
});

test("in no window of 15 minutes more attempts pass than the limit allows", () => {
  const limit = { limit: 4, windowMs: 900_000 };
  fc.assert(
    fc.property(fc.array(fc.nat(400_000), { maxLength: 60 }), (gaps) => {
      let atMs = 0;
      let attempts: Attempts | null = null;
      const passed = new Map<number, number>();
      for (const gap of gaps) {
        atMs += gap;
        const attempt = countAttempt(attempts, limit, new Date(atMs));
        if (attempt.kind === "refused") {
          assert.ok(attempt.retryAt.getTime() > atMs);
          continue;
        }
        attempts = attempt.attempts;
        const window = attempts.windowEndsAt.getTime();
        passed.set(window, (passed.get(window) ?? 0) + 1);
      }
      for (const count of passed.values()) assert.ok(count <= limit.limit);
    }),
  );
});

test("a replay's clock never shows an earlier instant than before", () => {
  fc.assert(
    fc.property(fc.array(fc.date({ noInvalidDate: true }), { minLength: 1 }), (moves) => {
      let standsAt = new Date(0);
      for (const to of moves) {
        const environment = {
          id: "e",
          workspaceId: "w",
          key: "replay",
          name: "Replay",
          kind: "replay",
          simulatedNow: standsAt,
        } as const;
        const decision = decideClock(environment, to);
        if (decision.ok) {
          assert.ok(decision.value >= standsAt);
          standsAt = decision.value;
        } else assert.ok(to < standsAt);
      }
    }),
  );
});

test("every key text that is made is read back from all three headers, and no other text is a key", () => {
  const parts = fc.record({
    prefix: fc.stringMatching(/^[a-z0-9]{12}$/),
    secret: fc.stringMatching(/^[A-Za-z0-9_-]{43}$/),
  });
  fc.assert(
    fc.property(parts, (key) => {
      const text = formatKey(key);
      const basic = Buffer.from(`${text}:ignored`).toString("base64");
      const decode = (value: string): string => Buffer.from(value, "base64").toString();
      for (const headers of [
        { authorization: `Bearer ${text}`, apiKey: undefined },
        { authorization: `Basic ${basic}`, apiKey: undefined },
        { authorization: undefined, apiKey: text },
      ])
        assert.deepEqual(readKeyCredential(headers, decode), { kind: "key", key: { ...key } });
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const key = parseKey(text);
      assert.ok(key === null || formatKey(key) === text);
    }),
  );
});

test("the last 64 bits of an IPv6 address never make another client", () => {
  const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
  const half = fc.array(group, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(half, half, half, (network, one, two) => {
      const client = (host: readonly string[]): string =>
        clientGroup([...network, ...host].join(":"));
      assert.equal(client(one), client(two));
      assert.equal(clientGroup(`${network.join(":")}::1`), client(one));
    }),
  );
});
