import type { EventQuery } from "@paceline/events/domain";

import { DAY, DAYS, HOUR, SCOPE, START } from "./seeded-events.ts";

const END = START + DAYS * DAY;
const ORDERS = { type: "track", event: "Order" } as const;
const value = { event: "Order", aggregation: "sum", property: "value" } as const;
const exposure = { experimentId: "e-checkout", flagKey: "checkout" } as const;
const byVariant = { by: "variant", exposure, from: START } as const;
const byCategory = { by: "property", property: "category", top: 3 } as const;

/** One of everything that can be asked, with the options that change the statement. */
export const QUERIES: Readonly<Record<string, EventQuery>> = {
  "an experiment by day with every kind of metric": {
    kind: "experiment",
    ...SCOPE,
    exposure,
    metrics: [
      { key: "any", event: "Refund", aggregation: "any" },
      { key: "count", event: "View", aggregation: "count" },
      { key: "sum", ...value },
      { key: "ratio", ...value, denominator: { event: "Order", aggregation: "count" } },
      { key: "quoted", event: "naïve \\ 'quoted' \"name\"", aggregation: "count" },
    ],
    windowHours: 200,
    from: START + 2 * DAY,
    asOf: END - 3 * DAY,
    cut: "day",
  },
  "an experiment of one flag and two variants": {
    kind: "experiment",
    ...SCOPE,
    exposure: { flagKey: "search" },
    variants: ["control", "t1"],
    metrics: [{ key: "any", event: "Order", aggregation: "any" }],
    windowHours: 24,
    from: START,
    asOf: END,
    cut: "none",
  },
  "an experiment whose units are counted and nothing else": {
    kind: "experiment",
    ...SCOPE,
    exposure,
    metrics: [],
    windowHours: 24,
    from: START,
    asOf: END,
    cut: "none",
  },
  "events by week": series({ of: "events" }),
  "exact units by week": series({ of: "units", precision: "exact" }),
  "a sum by variant": { ...series({ of: "sum", property: "value" }), split: byVariant },
  "units by category": { ...series({ of: "units", precision: "exact" }), split: byCategory },
  "a mean by category": { ...series({ of: "mean", property: "value" }), split: byCategory },
  "a property with a slash": series({ of: "sum", property: "a/b~c" }),
  "a funnel": funnel({}),
  "a funnel by variant": funnel({ split: byVariant }),
  "a funnel by category": funnel({ split: byCategory }),
  "days of retention": retention({}),
  "months of returning orders": retention({ cell: "month", cells: 3, returning: ORDERS }),
  "weeks of returning views in another zone": retention({
    cell: "week",
    cells: 6,
    start: ORDERS,
    returning: { event: "View" },
    zoneOffsetMs: 9.5 * HOUR,
  }),
  "top categories": {
    kind: "top",
    ...SCOPE,
    of: { by: "property", property: "category" },
    events: {},
    measure: "units",
    from: START,
    to: END,
    limit: 5,
  },
  "top names": {
    kind: "top",
    ...SCOPE,
    of: { by: "event" },
    events: { type: "track" },
    measure: "events",
    from: START + DAY,
    to: END - DAY,
    limit: 3,
  },
  "the catalog": { kind: "catalog", ...SCOPE, from: START, to: END, bucketMs: 7 * DAY },
  "the sources": {
    kind: "sources",
    ...SCOPE,
    events: { type: "track" },
    from: START,
    to: END,
    bucketMs: 7 * DAY,
  },
  "the newest events": { kind: "recent", ...SCOPE, limit: 50 },
  "the next page of one unit's orders": {
    kind: "recent",
    ...SCOPE,
    limit: 5,
    event: "Order",
    unit: "u1",
    after: { receivedAt: END - 10 * DAY, at: END, messageId: "m" },
  },
  "groups of bad events": { ...bad({}), resolved: "left-out" },
  "all bad orders of a plan": {
    ...bad({ event: "Order", plan: "orders/1-0-0" }),
    resolved: "included",
  },
  "one group of bad events": {
    kind: "badGroup",
    ...SCOPE,
    group: {
      event: "Order",
      fault: "invalid",
      plan: null,
      path: "/properties/1",
      reason: "must be a number",
    },
    from: START,
    to: END,
    limit: 20,
    after: { receivedAt: START + DAY, source: "a", messageId: "b" },
  },
  "recorded contexts": {
    kind: "contexts",
    ...SCOPE,
    from: START + 5 * DAY,
    to: END - 5 * DAY,
    limit: 60,
  },
  "everything of two people": {
    kind: "find",
    ...SCOPE,
    identifiers: ["u3", "it's nobody"],
    limit: 200,
  },
};

type Of<K extends EventQuery["kind"]> = Extract<EventQuery, { readonly kind: K }>;

function series(measure: Of<"series">["measure"]): Of<"series"> {
  return {
    kind: "series",
    ...SCOPE,
    events: { type: "track" },
    measure,
    from: START + DAY,
    to: END - DAY,
    bucketMs: 7 * DAY,
    zoneOffsetMs: -3 * HOUR,
  };
}

function funnel(parts: Partial<Of<"funnel">>): Of<"funnel"> {
  return {
    kind: "funnel",
    ...SCOPE,
    steps: [{ event: "View" }, { event: "Cart" }, ORDERS, ORDERS],
    windowMs: 20 * DAY,
    from: START + DAY,
    to: END - 5 * DAY,
    ...parts,
  };
}

function retention(parts: Partial<Of<"retention">>): Of<"retention"> {
  return {
    kind: "retention",
    ...SCOPE,
    start: { event: "View" },
    returning: { event: "View" },
    from: START,
    to: START + 30 * DAY,
    asOf: END,
    cell: "day",
    cells: 14,
    zoneOffsetMs: 0,
    ...parts,
  };
}

function bad(parts: Partial<Of<"badEvents">>): Of<"badEvents"> {
  return {
    kind: "badEvents",
    ...SCOPE,
    from: START,
    to: END + 30 * DAY,
    resolved: "left-out",
    limit: 10,
    ...parts,
  };
}
