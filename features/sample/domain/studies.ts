import type { Criterion, Metric } from "@paceline/experiments/domain";

import type { Study } from "./study.ts";

function proportion(key: string, name: string, event: string, description: string): Metric {
  const numerator = { event, aggregation: "any", property: null } as const;
  const fixed = { statistic: "proportion", denominator: null, format: "percent" } as const;
  return { key, name, description, numerator, ...fixed };
}

const PAID_ORDER = proportion(
  "paid_order",
  "Paid orders per customer",
  "Order Completed",
  "Whether the customer paid an order after seeing the checkout.",
);
const REFUND = proportion(
  "refund_rate",
  "Refunds per customer",
  "Order Refunded",
  "Whether an order of the customer was refunded.",
);
const ADDED = proportion(
  "added_to_cart",
  "Customers who add to the cart",
  "Product Added",
  "Whether the customer put a product into the cart.",
);
const PAGE_LOAD: Metric = {
  key: "page_load_ms",
  name: "Product page load",
  description: "Milliseconds until the product page has loaded.",
  statistic: "mean",
  numerator: { event: "Page Loaded", aggregation: "sum", property: "ms" },
  denominator: null,
  format: "number",
};
const BASKET = proportion(
  "basket_bought",
  "Carts bought",
  "Cart Bought",
  "Whether the customer bought the cart.",
);
const CONTACT = proportion(
  "support_contact",
  "Support contacts per customer",
  "Support Contacted",
  "Whether the customer wrote to support.",
);

/** What the three criteria have in common. */
const SHARED = {
  version: 1,
  unit: "customer",
  validity: { srmAlpha: 0.001, maxCrossExposure: 0.01 },
  iteration: 1,
  maxIterations: 2,
} as const;

const CERTAIN = { confidence: 0.95, power: 0.8 } as const;

function designOf(
  [control, treatment]: readonly [string, string],
  plannedUnits: number,
  [minDays, maxDays]: readonly [number, number],
): Criterion["design"] {
  return {
    allocation: { [control]: 0.5, [treatment]: 0.5 },
    plannedUnits,
    looks: "daily",
    spending: "power:3",
    minDays,
    maxDays,
    minUnitsPerArm: 200,
    minConversionsPerArm: 25,
    conversionWindowHours: 24,
  };
}

/** Truly better by a fifth, and no more refunds: must ship. */
export const ONE_PAGE_CHECKOUT: Study = {
  key: "checkout",
  name: "One-page checkout",
  flagKey: "checkout.one-page",
  control: "control",
  treatment: "one_page",
  initiative: "one-page-checkout",
  unitsPerDay: 1_000,
  outcomes: [
    {
      event: "Order Completed",
      chance: { control: 0.2, one_page: 0.24 },
      withinHours: 20,
      amount: { property: "revenue", mean: { control: 62, one_page: 62 }, deviation: 18, least: 5 },
    },
    {
      event: "Order Refunded",
      chance: { control: 0.015, one_page: 0.015 },
      withinHours: 22,
      amount: null,
    },
  ],
  metrics: [PAID_ORDER, REFUND],
  criterion: {
    ...SHARED,
    hypothesis:
      "Customers who see the whole checkout on one page pay more often, because nobody is lost between its steps.",
    primary: {
      metric: "paid_order",
      statistic: "proportion",
      direction: "increase",
      scale: "relative",
      successAtLeast: 0.02,
      mde: 0.12,
      ...CERTAIN,
    },
    guardrails: [
      {
        metric: "refund_rate",
        statistic: "proportion",
        direction: "decrease",
        scale: "absolute",
        margin: 0.015,
        confidence: 0.95,
        onBreach: "rollback",
      },
    ],
    design: designOf(["control", "one_page"], 12_000, [7, 14]),
  },
  expected: "ship",
};

/** Sells a little more and makes the page truly 280 ms slower, where 100 ms are accepted: must go back. */
export const COUNTDOWN_BANNER: Study = {
  key: "countdown",
  name: "Countdown banner",
  flagKey: "product.countdown",
  control: "control",
  treatment: "countdown",
  initiative: "countdown-banner",
  unitsPerDay: 800,
  outcomes: [
    {
      event: "Page Loaded",
      chance: { control: 1, countdown: 1 },
      withinHours: 0.01,
      amount: {
        property: "ms",
        mean: { control: 1_900, countdown: 2_180 },
        deviation: 450,
        least: 200,
      },
    },
    {
      event: "Product Added",
      chance: { control: 0.3, countdown: 0.31 },
      withinHours: 4,
      amount: null,
    },
  ],
  metrics: [ADDED, PAGE_LOAD],
  criterion: {
    ...SHARED,
    hypothesis:
      "A countdown to the end of the offer makes more customers put the product into the cart, because waiting costs them the price.",
    primary: {
      metric: "added_to_cart",
      statistic: "proportion",
      direction: "increase",
      scale: "relative",
      successAtLeast: 0.01,
      mde: 0.08,
      ...CERTAIN,
    },
    guardrails: [
      {
        metric: "page_load_ms",
        statistic: "mean",
        direction: "decrease",
        scale: "absolute",
        margin: 100,
        confidence: 0.95,
        onBreach: "rollback",
      },
    ],
    design: designOf(["control", "countdown"], 10_000, [7, 14]),
  },
  expected: "rollback",
};

/** Truly without any effect, and still running: must not be decided yet. */
export const LOYALTY_MESSAGE: Study = {
  key: "loyalty",
  name: "Loyalty message in the cart",
  flagKey: "cart.loyalty-message",
  control: "control",
  treatment: "message",
  initiative: "loyalty-message",
  unitsPerDay: 700,
  outcomes: [
    {
      event: "Cart Bought",
      chance: { control: 0.15, message: 0.15 },
      withinHours: 20,
      amount: { property: "revenue", mean: { control: 48, message: 48 }, deviation: 14, least: 5 },
    },
    {
      event: "Support Contacted",
      chance: { control: 0.01, message: 0.01 },
      withinHours: 22,
      amount: null,
    },
  ],
  metrics: [BASKET, CONTACT],
  criterion: {
    ...SHARED,
    hypothesis:
      "Customers who are told how many loyalty points the cart earns buy it more often, because the points are a discount on the next one.",
    primary: {
      metric: "basket_bought",
      statistic: "proportion",
      direction: "increase",
      scale: "relative",
      successAtLeast: 0.02,
      mde: 0.12,
      ...CERTAIN,
    },
    guardrails: [
      {
        metric: "support_contact",
        statistic: "proportion",
        direction: "decrease",
        scale: "absolute",
        margin: 0.01,
        confidence: 0.95,
        onBreach: "hold",
      },
    ],
    design: designOf(["control", "message"], 14_000, [14, 21]),
  },
  expected: "running",
};

export const STUDIES: readonly Study[] = [ONE_PAGE_CHECKOUT, COUNTDOWN_BANNER, LOYALTY_MESSAGE];

/** Simulated days from the start of the experiments to the day on which the sample stands. */
export const SIMULATED_DAYS = 10;
