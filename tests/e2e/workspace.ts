/** A workspace with something on every page, made as programs make it: by the public interfaces. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import type { Json, Owner } from "./product.ts";

const ENVIRONMENT = "replay-checkout";
const FLAG = "checkout.one_page";
const STARTS_AT = Date.UTC(2026, 8, 7);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const DAYS = 2;
const UNITS_A_DAY = 200;
/** One unit in so many pays; the treatment is better, so that the page has something to say. */
const PAYS_ONE_IN = { control: 5, treatment: 3 } as const;
const MONITOR_WITHIN_MS = 20_000;

/** Ids that fill the parameters of the addresses of pages. */
export interface Workspace {
  readonly initiatives: readonly string[];
  readonly experiments: readonly string[];
  readonly flags: readonly string[];
  readonly rollouts: readonly string[];
  /** Telemetry plans: one in force with a draft, and one just begun. */
  readonly plans: readonly string[];
  /** Query of the page of bad events of one fault. */
  readonly badGroup: string;
  /** An entry of the audit log. */
  readonly entry: string;
}

const HYPOTHESIS = "One page raises paid orders, because nobody is lost between two pages.";
const ARTIFACTS = {
  hypothesis: {
    statement: HYPOTHESIS,
    metric: "order_paid",
    direction: "increase",
    minimumEffect: 0.05,
  },
  telemetryPlan: { events: ["Order Paid", "Order Refunded"] },
  featureFlag: { flagKey: FLAG },
  dependencyMap: { dependencies: [{ system: "Shop", relation: "reads", contact: "Shop team" }] },
};
const PROPOSAL = {
  purpose: "experiment",
  riskDomains: [],
  touchesCoreSystems: false,
  durationWeeks: 2,
  expectedIterations: 1,
  plannedSprints: 1,
  eachSprintLeavesModule: false,
};
const CRITERION = {
  version: 1,
  hypothesis: HYPOTHESIS,
  unit: "customer",
  primary: {
    metric: "order_paid",
    statistic: "proportion",
    direction: "increase",
    scale: "relative",
    successAtLeast: 0.02,
    confidence: 0.95,
    mde: 0.1,
    power: 0.8,
  },
  guardrails: [
    {
      metric: "order_refunded",
      statistic: "proportion",
      direction: "decrease",
      scale: "absolute",
      margin: 0.05,
      confidence: 0.95,
      onBreach: "rollback",
    },
  ],
  design: {
    allocation: { control: 0.5, treatment: 0.5 },
    plannedUnits: 2_000,
    looks: "daily",
    spending: "power:3",
    minDays: 1,
    maxDays: 14,
    minUnitsPerArm: 50,
    minConversionsPerArm: 5,
    conversionWindowHours: 24,
  },
  validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
  iteration: 1,
  maxIterations: 2,
};

async function defineMetrics({ call }: Owner): Promise<void> {
  for (const [key, name, event] of [
    ["order_paid", "Orders paid", "Order Paid"],
    ["order_refunded", "Orders refunded", "Order Refunded"],
  ] as const)
    await call("PUT", `/api/v1/metrics/${key}`, {
      name,
      description: "",
      format: "percent",
      statistic: "proportion",
      numerator: { event, aggregation: "any", property: null },
      denominator: null,
    });
}

async function defineFlag(owner: Owner, ids: { initiativeId: string; experimentId: string }) {
  const { call } = owner;
  await call("POST", "/api/v1/flags", {
    key: FLAG,
    kind: "experiment",
    type: "boolean",
    description: "Payment and delivery on one page",
    variants: { control: false, treatment: true },
    initiativeId: ids.initiativeId,
  });
  const place = `/api/v1/flags/${FLAG}/environments/${ENVIRONMENT}`;
  const split = Object.entries(CRITERION.design.allocation).map(([variant, share]) => ({
    variant,
    share,
  }));
  await call("PUT", place, {
    enabled: true,
    offVariant: "control",
    defaultVariant: "control",
    rules: [
      {
        id: "run",
        serve: { split },
        exposureShare: 1,
        recordExposure: true,
        experimentId: ids.experimentId,
      },
    ],
  });
  await call("POST", `${place}/publish`, {});
  const { items } = await call("GET", "/api/v1/members");
  await call("PUT", `/api/v1/environments/${ENVIRONMENT}/flags/${FLAG}/rollback`, {
    ...ids,
    target: { kind: "off" },
    triggers: ["guardrail-breach"],
    mode: "automatic",
    ownerId: items[0].id,
    verification: "The checkout shows two pages again.",
  });
}

interface Clients {
  readonly evaluate: string;
  readonly intake: string;
}

async function playDay(owner: Owner, clients: Clients, day: number): Promise<void> {
  const { call } = owner;
  const dawn = STARTS_AT + day * DAY_MS;
  const clock = (at: number): Promise<Json> =>
    call("POST", `/api/v1/environments/${ENVIRONMENT}/clock`, { to: new Date(at).toISOString() });
  await clock(dawn + HOUR_MS);
  const units = Array.from({ length: UNITS_A_DAY }, (_, index) => `customer-${day}-${index}`);
  const arms = { control: 0, treatment: 0 };
  const paying: string[] = [];
  for (const unit of units) {
    const context = { targetingKey: unit };
    const { variant }: { variant: unknown } = await call(
      "POST",
      `/ofrep/v1/evaluate/flags/${FLAG}`,
      { context },
      clients.evaluate,
    );
    assert.ok(variant === "control" || variant === "treatment", String(variant));
    arms[variant] += 1;
    if (arms[variant] % PAYS_ONE_IN[variant] === 0) paying.push(unit);
  }
  await clock(dawn + 3 * HOUR_MS);
  await track(owner, clients.intake, "Order Paid", paying, dawn + 2 * HOUR_MS);
  await clock(dawn + DAY_MS);
}

async function track(
  { call }: Owner,
  intake: string,
  event: string,
  units: readonly string[],
  at: number,
): Promise<void> {
  const batch = units.map((userId) => ({
    type: "track",
    messageId: `${event} ${userId}`,
    userId,
    event,
    timestamp: new Date(at).toISOString(),
  }));
  await call("POST", "/v1/batch", { batch }, intake);
}

/** The monitor reads every few seconds; the page says nothing of it before its first reading. */
async function monitored({ call }: Owner, experimentId: string): Promise<void> {
  const deadline = performance.now() + MONITOR_WITHIN_MS;
  const path = `/api/v1/experiments/${experimentId}/monitor`;
  for (;;) {
    const read = await call("GET", path).then(
      () => true,
      () => false,
    );
    if (read) return;
    assert.ok(performance.now() < deadline, "the monitor did not read the run");
    await pause(100);
  }
}

const REFUND_SCHEMA = {
  type: "object",
  required: ["order_id", "amount"],
  properties: { order_id: { type: "string" }, amount: { type: "number", minimum: 0 } },
  additionalProperties: false,
};

/** An enforced plan, events that fit it, events that do not, and a draft of what comes next. */
async function planEvents(
  { call }: Owner,
  intake: string,
  initiativeId: string,
): Promise<Pick<Workspace, "plans" | "badGroup">> {
  const name = "gift-card-refunded";
  const event = "Gift Card Refunded";
  const base = "/api/v1/telemetry-plans";
  const created = await call("POST", base, { name, eventType: "track", event, initiativeId });
  const draft = (etag: number, schema: object): Promise<Json> =>
    call("PUT", `${base}/${name}/draft`, { schema, mode: "enforce" }, undefined, etag);
  const first = await draft(created.etag, REFUND_SCHEMA);
  const inForce = await call("POST", `${base}/${name}/publish`, undefined, undefined, first.etag);
  const sent = (place: number, amount: unknown) => ({
    type: "track",
    messageId: `refund-${place}`,
    userId: `customer-0-${place}`,
    event,
    properties: { order_id: `o-${place}`, amount },
    timestamp: new Date(STARTS_AT + DAYS * DAY_MS - HOUR_MS).toISOString(),
  });
  const batch = Array.from({ length: 12 }, (_, place) => sent(place, place < 9 ? place : "12.50"));
  await call("POST", "/v1/batch", { batch }, intake);
  const currency = { enum: ["EUR", "USD"] };
  const properties = { ...REFUND_SCHEMA.properties, currency };
  await draft(inForce.etag, { ...REFUND_SCHEMA, required: ["order_id"], properties });
  await call("POST", base, { name: "page", eventType: "page", event: "" });
  const deadline = performance.now() + MONITOR_WITHIN_MS;
  for (;;) {
    const { groups } = await call("GET", `/api/v1/events/bad?environment=${ENVIRONMENT}`);
    if (groups.length > 0) {
      const { kind, plan, path, reason } = groups[0];
      const group = { environment: ENVIRONMENT, event, kind, plan, path, reason };
      return { plans: [name, "page"], badGroup: String(new URLSearchParams(group)) };
    }
    assert.ok(performance.now() < deadline, "the bad events did not become queryable");
    await pause(100);
  }
}

const ROLLED_OUT = "checkout.express";

/** A rollout that runs with guards and a window ahead of it, and one that is still a draft. */
async function planRollouts({ call }: Owner): Promise<readonly string[]> {
  const environment = "production";
  await call("POST", "/api/v1/flags", {
    key: ROLLED_OUT,
    type: "boolean",
    variants: { off: false, on: true },
  });
  const place = `/api/v1/flags/${ROLLED_OUT}/environments/${environment}`;
  const rule = { id: "everyone", serve: { variant: "on" }, exposureShare: 0, recordExposure: true };
  await call("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [rule],
  });
  await call("POST", `${place}/publish`, {});
  const { items } = await call("GET", "/api/v1/members");
  const way = `/api/v1/environments/${environment}/flags/${ROLLED_OUT}/rollback`;
  await call("PUT", way, {
    initiativeId: null,
    experimentId: null,
    target: { kind: "off" },
    triggers: [],
    mode: "automatic",
    ownerId: items[0].id,
    verification: "The old checkout is back.",
  });
  await call("POST", `${way}/rehearsals`);
  const plan = { flagKey: ROLLED_OUT, environment, ruleId: rule.id, template: "careful" };
  const guards = [
    { id: "shares", name: "Shares match", source: { kind: "sample-ratio" }, action: "hold" },
    {
      id: "alerts",
      name: "No critical alert",
      source: {
        kind: "alert",
        matchers: [{ label: "severity", operator: "equals", value: "critical" }],
      },
      action: "roll-back",
    },
  ];
  const windows = [
    {
      kind: "freeze",
      name: "Year's end",
      startsAt: "2030-12-20T00:00",
      timeZone: "Europe/Berlin",
      lasts: "P14D",
      recurrence: null,
    },
  ];
  const write = async (name: string, more: object): Promise<string> =>
    (await call("POST", "/api/v1/rollouts", { name, ...plan, ...more })).id;
  const running = await write("Express checkout", { guards, windows });
  await call("POST", `/api/v1/rollouts/${running}/arm`);
  await call("POST", `/api/v1/rollouts/${running}/start`);
  return [running, await write("Express checkout, again", {})];
}

/** A run with two looks and one that is being drafted; initiatives in flight, proposed and drafted. */
export async function fillWorkspace(owner: Owner): Promise<Workspace> {
  const { call } = owner;
  await call("POST", "/api/v1/environments", {
    key: ENVIRONMENT,
    name: "Replay of the checkout",
    kind: "replay",
    startsAt: new Date(STARTS_AT - DAY_MS).toISOString(),
  });
  const clients = {
    evaluate: await owner.key("evaluate", ENVIRONMENT),
    intake: await owner.key("intake", ENVIRONMENT),
  };
  await defineMetrics(owner);
  const propose = async (title: string, more: object): Promise<string> =>
    (await call("POST", "/api/v1/initiatives", { title, proposal: PROPOSAL, ...more })).id;
  const { items } = await call("GET", "/api/v1/members");
  const flying = await propose("One-page checkout", {
    ownerId: items[0].id,
    artifacts: ARTIFACTS,
  });
  const draft = async (name: string, environment: string): Promise<string> =>
    (
      await call("POST", "/api/v1/experiments", {
        name,
        initiativeId: flying,
        flagKey: FLAG,
        environment,
        criterion: CRITERION,
      })
    ).id;
  const running = await draft("One-page checkout", ENVIRONMENT);
  await defineFlag(owner, { initiativeId: flying, experimentId: running });
  const before = STARTS_AT - HOUR_MS;
  for (const event of ARTIFACTS.telemetryPlan.events)
    await track(owner, clients.intake, event, ["telemetry-probe"], before);
  await call("POST", `/api/v1/initiatives/${flying}/decision`, {});
  await call("POST", `/api/v1/initiatives/${flying}/ready`, {});
  await call("POST", `/api/v1/environments/${ENVIRONMENT}/clock`, {
    to: new Date(STARTS_AT).toISOString(),
  });
  await call("POST", `/api/v1/experiments/${running}/lock`, {});
  await call("POST", `/api/v1/experiments/${running}/start`, {});
  for (let day = 0; day < DAYS; day++) await playDay(owner, clients, day);
  const { looks } = await call("GET", `/api/v1/experiments/${running}`);
  assert.equal(looks.length, DAYS);
  await monitored(owner, running);
  const marathon = await propose("New invoice numbers in three countries", {
    proposal: { ...PROPOSAL, riskDomains: ["billing"], touchesCoreSystems: true },
  });
  await propose("Shorter consent text", { draft: true });
  const drafted = await draft("One-page checkout, again", "production");
  await call("POST", "/api/v1/layers", { key: "checkout-page", name: "Checkout page" });
  await call("POST", "/api/v1/holdouts", {
    key: "season",
    name: "Season",
    environment: "production",
    scope: { kind: "tag", tag: "checkout" },
    share: 0.05,
  });
  const planned = await planEvents(owner, clients.intake, marathon);
  const rollouts = await planRollouts(owner);
  const log = await call("GET", "/api/v1/audit/entries?limit=1");
  return {
    initiatives: [flying, marathon],
    experiments: [running, drafted],
    flags: [FLAG],
    rollouts,
    ...planned,
    entry: log.items[0].id,
  };
}
