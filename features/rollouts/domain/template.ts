import type { Hold, Stage } from "./plan.ts";

/** A shape of a plan, without flag and rule. */
export interface PlanTemplate {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly stages: readonly Stage[];
  /** Whether it comes with the product; those of a workspace can be changed. */
  readonly isBuiltIn: boolean;
}

function hold(time: string | null, more: Partial<Hold> = {}): Hold {
  return { time, sample: null, approval: null, guards: true, ...more };
}

function stage(exposureShare: number, held: Hold, name?: string): Stage {
  const percent = `${Math.round(exposureShare * 1_000) / 10}%`;
  const id = `share-${Math.round(exposureShare * 100_000)}`;
  return { id, name: name ?? percent, exposureShare, when: null, hold: held };
}

/** The shapes that come with the product. */
export const BUILT_IN_TEMPLATES: readonly PlanTemplate[] = [
  {
    key: "careful",
    name: "Careful",
    description:
      "Days at each stage, guards everywhere, and an owner's yes before a quarter sees it.",
    isBuiltIn: true,
    stages: [
      stage(0.01, hold("PT4H")),
      stage(0.05, hold("P1D")),
      stage(0.1, hold("P1D", { approval: { by: "owner" } })),
      stage(0.25, hold("P2D")),
      stage(0.5, hold("P2D")),
      stage(1, hold("P1D")),
    ],
  },
  {
    key: "standard",
    name: "Standard",
    description: "From one in a hundred to everyone in three days, held by the guards.",
    isBuiltIn: true,
    stages: [
      stage(0.01, hold("PT1H")),
      stage(0.1, hold("PT8H")),
      stage(0.25, hold("P1D")),
      stage(0.5, hold("P1D")),
      stage(1, hold("PT4H")),
    ],
  },
  {
    key: "fast",
    name: "Fast",
    description: "An hour from the first unit to the last, for changes that show harm at once.",
    isBuiltIn: true,
    stages: [stage(0.1, hold("PT10M")), stage(0.5, hold("PT20M")), stage(1, hold("PT30M"))],
  },
  {
    key: "kill-switch-proof",
    name: "Kill switch proof",
    description:
      "One in a hundred until an engineer has seen the switch work, then everyone: for flags that must turn something off.",
    isBuiltIn: true,
    stages: [
      stage(0.01, hold("PT5M", { approval: { by: "engineer" } }), "Proof: switch it off and on"),
      stage(0.5, hold("PT1H")),
      stage(1, hold("PT1H")),
    ],
  },
];
