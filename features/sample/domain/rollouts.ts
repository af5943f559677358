import type { Guard, PlanWindow, Stage } from "@paceline/rollouts/domain";

import type { Outcome } from "./study.ts";

/** The variant under which those are recorded whom a rollout holds back. */
const HELD_BACK = "held-back";

/** What customers of a rollout do: as a study has it, with the arms of a rollout. */
export interface Crowd {
  readonly key: string;
  readonly outcomes: readonly Outcome[];
  /** Who come by before the sample is shown. */
  readonly atFirst: number;
  /** Who come by at each beat while the rollout moves. */
  readonly eachBeat: number;
}

/** A flag of the sample that is rolled out while somebody watches. */
export interface SampleRollout {
  readonly name: string;
  readonly flagKey: string;
  readonly description: string;
  readonly owner: string;
  readonly tags: readonly string[];
  /** Key of the initiative that it belongs to, whose flag it then moves; null for a flag of its own. */
  readonly initiative: string | null;
  readonly stages: readonly Stage[];
  readonly guards: readonly Guard[];
  readonly windows: readonly PlanWindow[];
  /** Null for a plan that stays a draft. */
  readonly crowd: Crowd | null;
  /** How somebody sees that it is back. */
  readonly verification: string;
  /** Whether its way back is rehearsed before it starts. */
  readonly isRehearsed: boolean;
}

const FREE = { time: null, sample: null, approval: null, guards: false } as const;

function stage(exposureShare: number, hold: Partial<Stage["hold"]>): Stage {
  const percent = Math.round(exposureShare * 100);
  return {
    id: `share-${percent}`,
    name: exposureShare === 1 ? "Everybody" : `${percent}%`,
    exposureShare,
    when: null,
    hold: { ...FREE, ...hold },
  };
}

function chance(exposed: number, heldBack: number): Outcome["chance"] {
  return { on: exposed, [HELD_BACK]: heldBack };
}

/** Outcomes come within seconds, so that a rollout that runs in minutes has something to read. */
const SOON_HOURS = 0.004;

function outcome(event: string, exposed: number, heldBack = exposed): Outcome {
  return { event, chance: chance(exposed, heldBack), withinHours: SOON_HOURS, amount: null };
}

const SHARES: Guard = {
  id: "shares",
  name: "Shares match",
  source: { kind: "sample-ratio" },
  action: "hold",
};

function metricGuard(
  id: string,
  name: string,
  source: Pick<
    Extract<Guard["source"], { readonly kind: "event-metric" }>,
    "metric" | "direction" | "scale" | "margin"
  >,
): Guard {
  return {
    id,
    name,
    source: { kind: "event-metric", windowHours: 24, minimumUnits: 100, ...source },
    action: "roll-back",
  };
}

/** Runs while somebody looks: held by time and units first, then by the yes of an owner. */
const ADDRESS_LOOKUP: SampleRollout = {
  name: "Address from the postcode",
  flagKey: "checkout.address-lookup",
  description: "Fills in street and city from the postcode, so that fewer parcels come back.",
  owner: "tomasz",
  tags: ["checkout", "web"],
  initiative: null,
  stages: [
    stage(0.1, { sample: 200, guards: true }),
    stage(0.25, { time: "PT15M", sample: 400, guards: true }),
    stage(0.5, { time: "PT10M", approval: { by: "owner" }, guards: true }),
    stage(1, { time: "PT10M", guards: true }),
  ],
  guards: [
    metricGuard("orders", "Paid orders", {
      metric: "paid_order",
      direction: "increase",
      scale: "relative",
      margin: 0.15,
    }),
    metricGuard("contacts", "Support contacts", {
      metric: "support_contact",
      direction: "decrease",
      scale: "absolute",
      margin: 0.03,
    }),
    SHARES,
    {
      id: "arriving",
      name: "Orders arrive",
      source: {
        kind: "no-data",
        events: { type: "track", event: "Order Completed" },
        expectedPerMinute: null,
        forSeconds: 600,
      },
      action: "warn",
    },
  ],
  windows: [],
  crowd: {
    key: "address-lookup",
    outcomes: [outcome("Order Completed", 0.24, 0.23), outcome("Support Contacted", 0.02)],
    atFirst: 3_200,
    eachBeat: 9,
  },
  verification: "The checkout asks for street and city again.",
  isRehearsed: true,
};

/** Does no harm: goes through by itself. */
const TYPO_HELP: SampleRollout = {
  name: "Search that forgives typing mistakes",
  flagKey: "search.typo-help",
  description: "Finds “trainers” for “trianers”.",
  owner: "priya",
  tags: ["search"],
  initiative: null,
  stages: [stage(0.2, { sample: 150, guards: true }), stage(1, {})],
  guards: [
    metricGuard("added", "Customers who add to the cart", {
      metric: "added_to_cart",
      direction: "increase",
      scale: "relative",
      margin: 0.2,
    }),
    SHARES,
  ],
  windows: [],
  crowd: {
    key: "typo-help",
    outcomes: [outcome("Product Added", 0.34, 0.3)],
    atFirst: 1_600,
    eachBeat: 3,
  },
  verification: "A search for “trianers” finds nothing.",
  isRehearsed: false,
};

/** Makes the page truly 420 ms slower where 150 ms are accepted: its guard must take it back. */
const VIDEO_FIRST: SampleRollout = {
  name: "Video before photos",
  flagKey: "product.video-first",
  description: "Starts the product's video before the photos have loaded.",
  owner: "mara",
  tags: ["web"],
  initiative: null,
  stages: [
    stage(0.2, { sample: 400, time: "PT30M", guards: true }),
    stage(0.5, { time: "PT1H", guards: true }),
    stage(1, { time: "PT1H", guards: true }),
  ],
  guards: [
    metricGuard("page-load", "Product page load", {
      metric: "page_load_ms",
      direction: "decrease",
      scale: "absolute",
      margin: 150,
    }),
    SHARES,
  ],
  windows: [],
  crowd: {
    key: "video-first",
    outcomes: [
      {
        event: "Page Loaded",
        chance: chance(1, 1),
        withinHours: 0.000_2,
        amount: {
          property: "ms",
          mean: { on: 2_320, [HELD_BACK]: 1_900 },
          deviation: 450,
          least: 200,
        },
      },
    ],
    atFirst: 2_400,
    eachBeat: 3,
  },
  verification: "The photos are there before the video.",
  isRehearsed: false,
};

/** Planned for an initiative that is ready, with hours in which stages may begin. */
const PHOTO_SUGGESTIONS: SampleRollout = {
  name: "Photos beside suggestions",
  flagKey: "search.photo-suggestions",
  description: "",
  owner: "priya",
  tags: [],
  initiative: "photo-suggestions",
  stages: [
    stage(0.05, { time: "PT4H", guards: true }),
    stage(0.25, { time: "P1D", sample: 5_000, guards: true }),
    stage(0.5, { time: "P1D", approval: { by: "engineer" }, guards: true }),
    stage(1, { time: "P1D", guards: true }),
  ],
  guards: [
    metricGuard("added", "Customers who add to the cart", {
      metric: "added_to_cart",
      direction: "increase",
      scale: "relative",
      margin: 0.05,
    }),
    SHARES,
  ],
  windows: [
    {
      kind: "open",
      name: "Working hours",
      startsAt: "2026-01-05T09:00",
      timeZone: "Europe/Berlin",
      lasts: "PT8H",
      recurrence: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
    },
  ],
  crowd: null,
  verification: "Suggestions are text again.",
  isRehearsed: false,
};

/** Every rollout of the sample; the one that somebody finds running is the newest. */
export const SAMPLE_ROLLOUTS: readonly SampleRollout[] = [
  TYPO_HELP,
  VIDEO_FIRST,
  PHOTO_SUGGESTIONS,
  ADDRESS_LOOKUP,
];
