import assert from "node:assert/strict";
import test from "node:test";

import { whatWaits } from "./waiting.ts";

type Initiative = Parameters<typeof whatWaits>[0][number];
type Experiment = Parameters<typeof whatWaits>[1][number];
type Finding = Parameters<typeof whatWaits>[2][number];

const at = "2026-11-24T00:00:00Z";
const initiative = (change: Partial<Initiative>): Initiative => ({
  id: "i1",
  key: "CHG-1",
  number: 1,
  title: "One-page checkout",
  state: "proposed",
  mode: null,
  ownerId: "mara",
  riskDomains: [],
  artifacts: [{ artifact: "hypothesis", state: "present" }],
  decidedBy: null,
  status: "Ready to decide",
  iteration: null,
  verdict: null,
  updatedAt: at,
  version: 1,
  ...change,
});
const experiment = (change: Partial<Experiment>): Experiment => ({
  id: "e1",
  name: "Checkout test",
  initiativeId: "i1",
  flagKey: "checkout",
  environment: "production",
  state: "running",
  iteration: 1,
  verdict: null,
  reason: null,
  startedAt: at,
  endsAt: at,
  createdAt: at,
  version: 1,
  ...change,
});
const finding = (action: string): Finding => ({
  experimentId: "e1",
  readAt: at,
  action,
  trigger: null,
  reason: "Refund rate has left its margin.",
  units: {},
  newestEventAt: at,
  intervals: [],
});
const iteration = (expired: boolean): Initiative["iteration"] => ({
  number: 1,
  startedAt: at,
  endsAt: "2026-12-01T00:00:00Z",
  weeks: 1,
  ownerId: "mara",
  closedAt: null,
  verdict: null,
  clock: { usedShare: 1, daysLeft: 0, expired, words: "The timebox has just ended" },
});
const reasons = (...args: Parameters<typeof whatWaits>) =>
  whatWaits(...args).map(({ reason }) => reason);

test("a complete proposal waits for a decision, an incomplete one for its artifacts", () => {
  const artifacts: Initiative["artifacts"] = [{ artifact: "hypothesis", state: "missing" }];
  assert.deepEqual(reasons([initiative({})], [], []), ["decision"]);
  assert.deepEqual(reasons([initiative({ artifacts })], [], []), ["artifacts"]);
  assert.deepEqual(reasons([initiative({ status: "To be said: its purpose" })], [], []), [
    "information",
  ]);
});

test("what is in flight waits only once its timebox has ended", () => {
  const flying = { state: "in_flight", mode: "sprint" } as const;
  assert.deepEqual(reasons([initiative({ ...flying, iteration: iteration(false) })], [], []), []);
  assert.deepEqual(reasons([initiative({ ...flying, iteration: iteration(true) })], [], []), [
    "timebox",
  ]);
});

test("drafts and closed initiatives wait for nobody", () => {
  const states = ["draft", "captured", "cancelled"] as const;
  assert.deepEqual(
    reasons(
      states.map((state) => initiative({ state })),
      [],
      [],
    ),
    [],
  );
});

test("a finding of the monitor comes first; a quiet monitor asks nothing", () => {
  const waiting = reasons([initiative({})], [experiment({})], [finding("rollback")]);
  assert.deepEqual(waiting, ["finding", "decision"]);
  assert.deepEqual(reasons([], [experiment({})], [finding("none")]), []);
});

test("a running experiment with a verdict waits, one that goes on does not", () => {
  assert.deepEqual(reasons([], [experiment({ verdict: "ship" })], []), ["experiment-verdict"]);
  assert.deepEqual(reasons([], [experiment({ verdict: "continue" })], []), []);
  assert.deepEqual(reasons([], [experiment({ state: "concluded", verdict: "ship" })], []), []);
});

test("what waits longest stands first among equals", () => {
  const waiting = whatWaits(
    [
      initiative({ id: "new", updatedAt: "2026-11-24T10:00:00Z" }),
      initiative({ id: "old", updatedAt: "2026-11-20T10:00:00Z" }),
    ],
    [],
    [],
  );
  assert.deepEqual(
    waiting.map(({ key }) => key),
    ["old", "new"],
  );
});
