import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { decodeLeaf } from "@paceline/audit-verifier";

import { OWNER, testWorld } from "./test-world.ts";
import type { CallOptions, TestWorld } from "./test-world.ts";

const BASE = "/api/v1/initiatives";
const DAY_MS = 86_400_000;

const PROPOSAL = {
  purpose: "experiment",
  riskDomains: [],
  touchesCoreSystems: false,
  durationWeeks: 2,
  expectedIterations: 1,
  plannedSprints: 1,
  eachSprintLeavesModule: null,
};

const ARTIFACTS = {
  hypothesis: {
    statement: "A shorter subject line lifts orders, because phones show it whole.",
    metric: "paid_order",
    direction: "increase",
    minimumEffect: 0.02,
  },
  telemetryPlan: { events: ["Order Completed"] },
  featureFlag: { flagKey: "subject-line" },
  dependencyMap: {
    dependencies: [{ system: "Email delivery", relation: "triggers", contact: "ops@example.com" }],
  },
};

let world: TestWorld;
before(async () => {
  world = await testWorld();
  world.observations.flags.add("subject-line");
  world.observations.arrivals.set("Order Completed", world.clock.now());
  world.observations.rollbacks.set("subject-line", null);
});
after(() => world.close());

async function propose(change: object = {}, options: CallOptions = {}) {
  const body = {
    title: "Subject-line urgency test",
    proposal: PROPOSAL,
    artifacts: ARTIFACTS,
    ...change,
  };
  const answer = await world.call("POST", BASE, { body, ...options });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

async function act(id: string, name: string, body: object = {}, options: CallOptions = {}) {
  const answer = await world.call("POST", `${BASE}/${id}/${name}`, { body, ...options });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

async function auditEntries(initiativeId: string) {
  const rows = await world.database.db
    .selectFrom("audit_outbox")
    .select(["audit_outbox.id", "audit_outbox.action", "audit_outbox.leaf"])
    .where("audit_outbox.subject_id", "=", initiativeId)
    .orderBy("audit_outbox.position")
    .execute();
  return rows.map(({ id, action, leaf }) => ({ id, action, leaf: decodeLeaf(leaf) }));
}

test("a change walks from proposal to captured, and every step leaves its audit entry", async () => {
  const { id, key, state, status } = await propose();
  assert.match(key, /^CHG-\d+$/);
  assert.deepEqual([state, status], ["proposed", "Ready to decide"]);
  const decided = await act(id, "decision");
  assert.deepEqual(
    [decided.state, decided.mode, decided.decision.decision.outcome],
    ["decided", "sprint", "sprint"],
  );
  assert.equal((await act(id, "ready")).state, "ready");
  const started = await act(id, "iterations", { weeks: 2 });
  assert.equal(started.state, "in_flight");
  assert.equal(started.iteration.clock.words, "14 days left");
  assert.equal((await act(id, "verdict", { verdict: "ship" })).status, "Ready to ship");
  assert.equal(
    (await act(id, "learning", { learning: "Urgency lifts orders on phones." })).state,
    "captured",
  );
  const actions = (await auditEntries(id)).map(({ action }) => action);
  assert.deepEqual(
    actions,
    ["propose", "decide", "ready", "start", "verdict", "capture"].map(
      (verb) => `initiative.${verb}`,
    ),
  );
});

test("the audit entry of a decision holds facts with source and age, every rule, controls and the way to a sprint", async () => {
  const { id } = await propose({
    proposal: { ...PROPOSAL, riskDomains: ["billing"], durationWeeks: 9 },
  });
  const { decision } = await act(id, "decision");
  const entry = (await auditEntries(id)).find(({ action }) => action === "initiative.decide");
  assert.ok(entry?.leaf.ok);
  assert.equal(entry.id, decision.auditEntry);
  const detail = JSON.parse(JSON.stringify(entry.leaf.value.detail));
  assert.equal(detail.outcome, "marathon");
  assert.equal(detail.decidedBy, "R-02");
  assert.equal(detail.policy.digest, decision.decision.policy.digest);
  assert.match(detail.policy.digest, /^[0-9a-f]{64}$/);
  assert.equal(detail.rules.length, decision.decision.rules.length);
  assert.deepEqual(
    detail.facts.find((fact: { name: string }) => fact.name === "durationWeeks"),
    { name: "durationWeeks", status: "known", value: 9, source: "form", ageMs: null },
  );
  assert.deepEqual(detail.requiredControls, [
    "staged-rollout",
    "automated-runbook",
    "compliance-evidence",
    "program-plan",
  ]);
  assert.equal(
    detail.sprintIf.words,
    "Leave out billing; Cut it down to 4 weeks; Define the way back and, where the risk is high, rehearse it.",
  );
  assert.deepEqual(detail.missingArtifacts, [
    { artifact: "rollbackPlan", state: "unproven", checked: true },
  ]);
});

test("free text about a change is personal, so its audit entry does not hold it", async () => {
  const { id } = await propose({ title: "Ask Grace Hopper about returns" });
  const [entry] = await auditEntries(id);
  assert.ok(entry?.leaf.ok);
  assert.ok(!JSON.stringify(entry.leaf.value).includes("Grace"));
});

test("a missing artifact is not ready, and says what it would be with it", async () => {
  const { id, status } = await propose({
    artifacts: { ...ARTIFACTS, featureFlag: { flagKey: "no-such-flag" } },
  });
  assert.equal(status, "Rollback plan and feature flag missing");
  const { state, mode, decision } = await act(id, "decision");
  assert.deepEqual(
    [state, mode, decision.decision.outcome, decision.decision.whenReady],
    ["proposed", null, "not_ready", "sprint"],
  );
  const refused = await world.call("POST", `${BASE}/${id}/ready`);
  assert.equal(refused.status, 409);
  assert.equal(refused.body.type, "https://paceline.dev/problems/wrong-initiative-state");
});

test("a source that is down leaves the fact unknown and named", async () => {
  const { id } = await propose();
  world.observations.down.add("featureFlagExists");
  const { decision } = await act(id, "decision");
  world.observations.down.clear();
  assert.equal(decision.decision.outcome, "needs_information");
  assert.deepEqual(
    decision.decision.needs.map(({ fact }: { fact: string }) => fact),
    ["hasFeatureFlag"],
  );
});

test("an artifact that vanished after the decision keeps it from becoming ready", async () => {
  const { id } = await propose();
  await act(id, "decision");
  world.observations.flags.delete("subject-line");
  const refused = await world.call("POST", `${BASE}/${id}/ready`);
  world.observations.flags.add("subject-line");
  assert.equal(refused.status, 422);
  assert.deepEqual(
    refused.body.missing.map(({ artifact }: { artifact: string }) => artifact),
    ["featureFlag"],
  );
  assert.match(refused.body.detail, /There is no flag subject-line yet/);
});

test("new facts void the decision that was made on the old ones", async () => {
  const { id } = await propose();
  const { version } = await act(id, "decision");
  const edited = await world.call("PATCH", `${BASE}/${id}`, {
    body: { proposal: { durationWeeks: 9 } },
    version,
  });
  assert.deepEqual(
    [edited.status, edited.body.state, edited.body.mode, edited.body.decision],
    [200, "proposed", null, null],
  );
  assert.equal(edited.body.decisions.length, 1);
  assert.equal((await act(id, "decision")).mode, "marathon");
});

test("an edit on an old version is refused and changes nothing", async () => {
  const { id, version } = await propose();
  const first = await world.call("PATCH", `${BASE}/${id}`, { body: { title: "One" }, version });
  assert.equal(first.etag, `"${version + 1}"`);
  const second = await world.call("PATCH", `${BASE}/${id}`, { body: { title: "Two" }, version });
  assert.deepEqual([second.status, second.body.current], [412, version + 1]);
  assert.equal(
    (await world.call("PATCH", `${BASE}/${id}`, { body: { title: "Three" } })).status,
    428,
  );
  assert.equal((await world.call("GET", `${BASE}/${id}`)).body.title, "One");
});

test("two edits at once: one wins, the other is told", async () => {
  const { id, version } = await propose();
  const edits = await Promise.all(
    ["A", "B"].map((title) => world.call("PATCH", `${BASE}/${id}`, { body: { title }, version })),
  );
  assert.deepEqual(
    edits.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 412],
  );
});

async function runOnce(id: string, weeks: number) {
  await act(id, "iterations", { weeks });
  await act(id, "verdict", { verdict: "iterate" });
}

test("a third iteration is refused and decides the change anew as a marathon", async () => {
  const { id } = await propose();
  await act(id, "decision");
  await act(id, "ready");
  await runOnce(id, 1);
  await runOnce(id, 1);
  const third = await world.call("POST", `${BASE}/${id}/iterations`, { body: { weeks: 1 } });
  assert.equal(third.status, 409);
  assert.equal(third.body.type, "https://paceline.dev/problems/third-iteration");
  assert.equal(third.body.decision.decidedBy, "R-11");
  const { body } = await world.call("GET", `${BASE}/${id}`);
  assert.deepEqual(
    [body.state, body.mode, body.iterations.length, body.decision.cause],
    ["decided", "marathon", 2, "third-iteration"],
  );
  assert.deepEqual((await auditEntries(id)).at(-1)?.action, "initiative.escalate");
  assert.equal((await act(id, "decision")).mode, "marathon");
});

test("a timebox outside of one to four weeks is refused", async () => {
  const { id } = await propose();
  await act(id, "decision");
  await act(id, "ready");
  for (const weeks of [0, 5]) {
    const refused = await world.call("POST", `${BASE}/${id}/iterations`, { body: { weeks } });
    assert.deepEqual(
      [refused.status, refused.body.type],
      [422, "https://paceline.dev/problems/timebox-out-of-range"],
    );
  }
});

test("an expired timebox shows in the view and on the board", async () => {
  const { id } = await propose();
  await act(id, "decision");
  await act(id, "ready");
  await act(id, "iterations", { weeks: 1 });
  const before = (await world.call("GET", `${BASE}/board`)).body.expiredTimeboxes;
  world.clock.advance(9 * DAY_MS);
  const { body } = await world.call("GET", `${BASE}/${id}`);
  assert.equal(body.iteration.clock.expired, true);
  assert.equal(body.status, "The timebox ended 2 days ago; give its verdict");
  const after = (await world.call("GET", `${BASE}/board`)).body.expiredTimeboxes;
  world.clock.advance(-9 * DAY_MS);
  assert.ok(after > before);
});

test("what is in flight cannot be cancelled, what is proposed can", async () => {
  const { id } = await propose();
  await act(id, "decision");
  await act(id, "ready");
  await act(id, "iterations", { weeks: 1 });
  const refused = await world.call("POST", `${BASE}/${id}/cancellation`, {
    body: { reason: "No budget" },
  });
  assert.deepEqual(
    [refused.status, refused.body.type],
    [409, "https://paceline.dev/problems/still-in-flight"],
  );
  const other = await propose();
  assert.equal((await act(other.id, "cancellation", { reason: "No budget" })).state, "cancelled");
});

test("an owner must be a member, and what is ready cannot lose its owner", async () => {
  const { id } = await propose();
  const stranger = await world.call("PUT", `${BASE}/${id}/owner`, { body: { ownerId: "nobody" } });
  assert.deepEqual(
    [stranger.status, stranger.body.type],
    [422, "https://paceline.dev/problems/owner-not-member"],
  );
  await act(id, "decision");
  await act(id, "ready");
  const orphaned = await world.call("PUT", `${BASE}/${id}/owner`, { body: { ownerId: null } });
  assert.equal(orphaned.body.type, "https://paceline.dev/problems/owner-missing");
  assert.equal(
    (await world.call("PUT", `${BASE}/${id}/owner`, { body: { ownerId: OWNER } })).status,
    200,
  );
});

test("a preview decides what is being typed and writes nothing", async () => {
  const count = () =>
    world.database.db.selectFrom("initiatives").select("initiatives.id").execute();
  const before = (await count()).length;
  const { status, body } = await world.call("POST", `${BASE}/preview`, {
    body: { proposal: { riskDomains: ["consent"] } },
  });
  assert.equal(status, 200);
  assert.deepEqual([body.decision.outcome, body.decision.decidedBy], ["marathon", "R-03"]);
  const empty = await world.call("POST", `${BASE}/preview`, { body: {} });
  assert.deepEqual(
    empty.body.decision.needs.map(({ fact }: { fact: string }) => fact),
    ["riskDomains"],
  );
  const typed = await world.call("POST", `${BASE}/preview`, {
    body: { proposal: PROPOSAL, artifacts: ARTIFACTS },
  });
  assert.deepEqual(
    [typed.body.decision.outcome, typed.body.decision.whenReady],
    ["not_ready", "sprint"],
  );
  assert.equal((await count()).length, before);
});

test("a preview of a stored change starts from what is stored", async () => {
  const { id } = await propose();
  const { body } = await world.call("POST", `${BASE}/preview`, { body: { initiativeId: id } });
  assert.equal(body.decision.outcome, "sprint");
  const longer = await world.call("POST", `${BASE}/preview`, {
    body: { initiativeId: id, proposal: { durationWeeks: 12 } },
  });
  assert.equal(longer.body.decision.outcome, "marathon");
});

test("an artifact is written alone, and one that does not fit is refused", async () => {
  const { id, version } = await propose({ artifacts: {} });
  const url = `${BASE}/${id}/artifacts`;
  const written = await world.call("PUT", `${url}/hypothesis`, {
    body: ARTIFACTS.hypothesis,
    version,
  });
  assert.equal(written.status, 200, JSON.stringify(written.body));
  assert.equal(
    written.body.checks.find(({ artifact }: { artifact: string }) => artifact === "hypothesis")
      .state,
    "present",
  );
  const wrong = await world.call("PUT", `${url}/hypothesis`, {
    body: { statement: 1 },
    version: version + 1,
  });
  assert.deepEqual(
    [wrong.status, wrong.body.type],
    [400, "https://paceline.dev/problems/invalid-artifact"],
  );
  assert.equal(
    (await world.call("PUT", `${url}/auditTrail`, { body: {}, version: version + 1 })).status,
    400,
  );
});

test("lists filter, sort and page without losing or repeating anything", async () => {
  const workspaceId = randomUUID();
  for (const title of ["Banner", "apple", "Cart", "banner two", "100% off"])
    await propose({ title }, { workspaceId });
  const list = async (query: string) =>
    (await world.call("GET", `${BASE}?${query}`, { workspaceId })).body;
  const titles = (page: { items: { title: string }[] }) => page.items.map(({ title }) => title);
  assert.deepEqual(titles(await list("sort=title")), [
    "100% off",
    "apple",
    "Banner",
    "banner two",
    "Cart",
  ]);
  assert.deepEqual(titles(await list("search=banner&sort=number")), ["Banner", "banner two"]);
  assert.deepEqual(titles(await list("search=chg-3")), ["Cart"]);
  assert.deepEqual(titles(await list("search=0%25")), ["100% off"]);
  assert.deepEqual(titles(await list("state=decided&state=ready")), []);
  assert.equal((await list("mode=undecided&state=proposed")).items.length, 5);
  assert.equal((await list(`owner=${OWNER}`)).items.length, 5);
  for (const sort of ["number", "-number", "title", "-title", "updated", "-updated"]) {
    const seen: string[] = [];
    let cursor = "";
    for (;;) {
      const page = await list(`sort=${sort}&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`);
      seen.push(...titles(page));
      if (page.next === null) break;
      cursor = page.next;
    }
    assert.equal(seen.length, 5, sort);
    assert.equal(new Set(seen).size, 5, sort);
  }
  const board = (await world.call("GET", `${BASE}/board`, { workspaceId })).body;
  assert.equal(board.total, 5);
  assert.equal(board.states.find(({ state }: { state: string }) => state === "proposed").count, 5);
});

test("numbers count up in each workspace on its own, without gaps under concurrency", async () => {
  const workspaceId = randomUUID();
  const made = await Promise.all(Array.from({ length: 8 }, () => propose({}, { workspaceId })));
  assert.deepEqual(
    made.map(({ number }) => number).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
});

test("another workspace sees and changes nothing", async () => {
  const { id } = await propose();
  const workspaceId = randomUUID();
  assert.equal((await world.call("GET", `${BASE}/${id}`, { workspaceId })).status, 404);
  assert.equal((await world.call("POST", `${BASE}/${id}/decision`, { workspaceId })).status, 404);
});

test("a viewer reads and changes nothing", async () => {
  const { id } = await propose();
  const role = "viewer";
  assert.equal((await world.call("GET", `${BASE}/${id}`, { role })).status, 200);
  for (const name of ["decision", "ready", "propose"]) {
    assert.equal((await world.call("POST", `${BASE}/${id}/${name}`, { role })).status, 403);
  }
});

test("a change is published to open screens", async () => {
  const { id } = await propose();
  assert.deepEqual(world.published.at(-1)?.data, { id, state: "proposed", version: 1 });
  assert.equal(world.published.at(-1)?.topic, "initiatives");
});

test("an untitled draft is kept and cannot be proposed", async () => {
  const { id, state } = await propose({ title: "", draft: true });
  assert.equal(state, "draft");
  const refused = await world.call("POST", `${BASE}/${id}/propose`);
  assert.deepEqual(
    [refused.status, refused.body.type],
    [422, "https://paceline.dev/problems/title-missing"],
  );
});

test("decisions are never changed in the database", async () => {
  const { id } = await propose();
  await act(id, "decision");
  await assert.rejects(
    world.database.db
      .updateTable("initiative_decisions")
      .set({ outcome: "sprint" })
      .where("initiative_decisions.initiative_id", "=", id)
      .execute(),
    /cannot be changed/,
  );
});

test("a decision leaves over HTTP exactly as it was kept, whatever kind of answer it holds", async () => {
  const proposals = [
    PROPOSAL,
    { ...PROPOSAL, riskDomains: ["billing", "consent"], durationWeeks: null },
    {},
  ];
  for (const proposal of proposals) {
    const { id } = await propose({ proposal });
    const { decision } = await act(id, "decision");
    const { document } = await world.database.db
      .selectFrom("initiative_decisions")
      .select("initiative_decisions.document")
      .where("initiative_decisions.id", "=", decision.id)
      .executeTakeFirstOrThrow();
    assert.deepEqual(decision.decision, document);
  }
});

test("a page of initiatives asks the event store once", async () => {
  const workspaceId = randomUUID();
  await propose({}, { workspaceId });
  await propose({ artifacts: { telemetryPlan: { events: ["Never Sent"] } } }, { workspaceId });
  const before = world.observations.telemetryQuestions;
  const { body } = await world.call("GET", `${BASE}?sort=number`, { workspaceId });
  assert.equal(world.observations.telemetryQuestions, before + 1);
  const found = body.items.map(
    (item: { artifacts: { artifact: string; state: string }[] }) =>
      item.artifacts.find(({ artifact }) => artifact === "telemetryPlan")?.state,
  );
  assert.deepEqual(found, ["present", "unproven"]);
});
