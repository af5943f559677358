import type { ArtifactContents, Proposal } from "@paceline/initiatives/domain";

/** How far an initiative of the sample is walked, by the product's own commands. */
export type Walk =
  | "draft"
  | "proposed"
  /** Asked for a decision, whatever it says. */
  | "decided"
  | "ready"
  | "in-flight"
  | "cancelled"
  /** Carried on by its study: lock, start, looks, verdict. */
  | "study";

/** One initiative of the sample. */
export interface SampleChange {
  readonly key: string;
  readonly title: string;
  readonly summary: string;
  /** Key of a person; null leaves it without an owner. */
  readonly owner: string | null;
  readonly proposal: Partial<Proposal>;
  readonly artifacts: ArtifactContents;
  /** A release flag with a way back that is made for it, so that its artifacts are really there. */
  readonly flag: string | null;
  readonly walk: Walk;
  /** What the decision policy must answer; null where nobody asks it. */
  readonly decides: "sprint" | "marathon" | "hybrid" | "needs_information" | "not_ready" | null;
  /** Written when it is closed with what was learned. */
  readonly learning: string | null;
}

const SMALL: Proposal = {
  purpose: "experiment",
  riskDomains: [],
  touchesCoreSystems: false,
  durationWeeks: 2,
  expectedIterations: 1,
  plannedSprints: 1,
  eachSprintLeavesModule: false,
};

type Hypothesis = NonNullable<ArtifactContents["hypothesis"]>;

function hypothesis(statement: string, metric: string, minimumEffect: number): Hypothesis {
  return { statement, metric, direction: "increase", minimumEffect };
}

function dependsOn(
  system: string,
  contact: string,
): NonNullable<ArtifactContents["dependencyMap"]> {
  return { dependencies: [{ system, relation: "reads", contact }] };
}

const WITH_STUDY: readonly SampleChange[] = [
  {
    key: "one-page-checkout",
    title: "One-page checkout",
    summary: "Address, delivery and payment on one page instead of three.",
    owner: "mara",
    proposal: SMALL,
    artifacts: {
      hypothesis: hypothesis(
        "Customers who see the whole checkout on one page pay more often, because nobody is lost between its steps.",
        "paid_order",
        0.02,
      ),
      telemetryPlan: { events: ["Order Completed", "Order Refunded"] },
      featureFlag: { flagKey: "checkout.one-page" },
      dependencyMap: dependsOn("Payment service", "Checkout team"),
    },
    flag: null,
    walk: "study",
    decides: "sprint",
    learning: null,
  },
  {
    key: "countdown-banner",
    title: "Countdown banner on product pages",
    summary: "A banner that counts down to the end of the offer.",
    owner: "tomasz",
    proposal: SMALL,
    artifacts: {
      hypothesis: hypothesis(
        "A countdown to the end of the offer makes more customers put the product into the cart, because waiting costs them the price.",
        "added_to_cart",
        0.01,
      ),
      telemetryPlan: { events: ["Product Added", "Page Loaded"] },
      featureFlag: { flagKey: "product.countdown" },
      dependencyMap: dependsOn("Offer service", "Merchandising"),
    },
    flag: null,
    walk: "study",
    decides: "sprint",
    learning:
      "The countdown script blocks the first paint of the product page. Load it after the page before anybody tries this again.",
  },
  {
    key: "loyalty-message",
    title: "Loyalty message in the cart",
    summary: "Tell customers how many loyalty points the cart earns.",
    owner: "mara",
    proposal: { ...SMALL, durationWeeks: 3 },
    artifacts: {
      hypothesis: hypothesis(
        "Customers who are told how many loyalty points the cart earns buy it more often, because the points are a discount on the next one.",
        "basket_bought",
        0.02,
      ),
      telemetryPlan: { events: ["Cart Bought", "Support Contacted"] },
      featureFlag: { flagKey: "cart.loyalty-message" },
      dependencyMap: dependsOn("Loyalty service", "CRM team"),
    },
    flag: null,
    walk: "study",
    decides: "sprint",
    learning: null,
  },
];

const SPRINTS: readonly SampleChange[] = [
  {
    key: "photo-suggestions",
    title: "Search suggestions with photos",
    summary: "Show a photo beside each suggestion while customers type.",
    owner: "priya",
    proposal: SMALL,
    artifacts: {
      hypothesis: hypothesis(
        "Customers who see photos beside the suggestions open a product sooner, because they recognize what they look for.",
        "added_to_cart",
        0.03,
      ),
      telemetryPlan: { events: ["Product Added"] },
      featureFlag: { flagKey: "search.photo-suggestions" },
      dependencyMap: dependsOn("Search index", "Search team"),
    },
    flag: "search.photo-suggestions",
    walk: "ready",
    decides: "sprint",
    learning: null,
  },
  {
    key: "order-count-subject",
    title: "Order count in the subject line",
    summary: "Thank customers for their third, fifth and tenth order in the subject line.",
    owner: "mara",
    proposal: SMALL,
    artifacts: {
      hypothesis: hypothesis(
        "Customers who are thanked for their orders open the mail more often, because it is about them.",
        "paid_order",
        0.02,
      ),
      dependencyMap: dependsOn("E-mail service provider", "CRM team"),
    },
    flag: null,
    walk: "decided",
    decides: "not_ready",
    learning: null,
  },
  {
    key: "free-shipping",
    title: "Free shipping from $49",
    summary: "Lower the threshold for free shipping from $59 to $49.",
    owner: "tomasz",
    proposal: { ...SMALL, riskDomains: null, durationWeeks: null },
    artifacts: {
      hypothesis: hypothesis(
        "Customers near the old threshold fill the cart up to the new one, because shipping then costs nothing.",
        "paid_order",
        0.03,
      ),
    },
    flag: null,
    walk: "decided",
    decides: "needs_information",
    learning: null,
  },
  {
    key: "size-advice",
    title: "Size advice on the product page",
    summary: "Suggest a size from earlier orders and returns.",
    owner: null,
    proposal: { purpose: "experiment", durationWeeks: 4 },
    artifacts: {},
    flag: null,
    walk: "proposed",
    decides: null,
    learning: null,
  },
  {
    key: "dark-gallery",
    title: "Dark product gallery",
    summary: "",
    owner: "priya",
    proposal: {},
    artifacts: {},
    flag: null,
    walk: "draft",
    decides: null,
    learning: null,
  },
  {
    key: "gift-card",
    title: "Gift card in the cart",
    summary: "Offer a gift card at the end of the cart.",
    owner: "mara",
    proposal: { ...SMALL, riskDomains: ["billing"] },
    artifacts: {},
    flag: null,
    walk: "cancelled",
    decides: null,
    learning: null,
  },
];

const LONG: Proposal = { ...SMALL, durationWeeks: 16, expectedIterations: 1 };

const DAY_MS = 86_400_000;

/** The calendar day, UTC, so many days after an instant. */
function dayAfter(nowMs: number, days: number): string {
  return new Date(nowMs + days * DAY_MS).toISOString().slice(0, 10);
}

const MARATHONS: readonly SampleChange[] = [
  {
    key: "merge-profiles",
    title: "Merge loyalty and CRM profiles",
    summary: "One profile for each customer, with every merge reversible.",
    owner: "priya",
    proposal: { ...LONG, purpose: "identity_resolution", riskDomains: ["customer-identity"] },
    artifacts: {
      dependencyMap: dependsOn("Customer data platform", "Data platform team"),
      automationGoals: { goals: [{ metric: "Merges undone without a person", target: "95%" }] },
    },
    flag: null,
    walk: "decided",
    decides: "marathon",
    learning: null,
  },
  {
    key: "consent-wording",
    title: "Consent wording by region",
    summary: "Ask for consent in the words that each region's law demands.",
    owner: "dana",
    proposal: { ...SMALL, purpose: "content", riskDomains: ["consent"] },
    artifacts: { dependencyMap: dependsOn("Consent service", "Legal") },
    flag: null,
    walk: "decided",
    decides: "marathon",
    learning: null,
  },
  {
    key: "personalization-modules",
    title: "Personalization from events, in four sprints",
    summary: "Four sprints, each leaves a module that the next pages can use.",
    owner: "tomasz",
    proposal: {
      ...LONG,
      purpose: "platform_work",
      durationWeeks: 12,
      plannedSprints: 4,
      eachSprintLeavesModule: true,
    },
    artifacts: { dependencyMap: dependsOn("Event pipeline", "Data platform team") },
    flag: null,
    walk: "decided",
    decides: "hybrid",
    learning: null,
  },
];

function hardening(nowMs: number): SampleChange {
  return {
    key: "partner-keys",
    title: "Harden the partner interface",
    summary: "Short-lived keys for every partner, rotated without a person.",
    owner: "tomasz",
    proposal: { ...LONG, purpose: "security_hardening", durationWeeks: 10 },
    artifacts: {
      hypothesis: hypothesis(
        "Keys that live for an hour make a leaked one worthless, because it ends before anybody finds it.",
        "added_to_cart",
        0.5,
      ),
      telemetryPlan: { events: ["Product Added"] },
      featureFlag: { flagKey: "partner.short-keys" },
      dependencyMap: dependsOn("Partner gateway", "Platform team"),
      roadmap: {
        milestones: [
          {
            title: "Keys expire",
            dueOn: dayAfter(nowMs, 60),
            deliverable: "Report of keys by age",
          },
          {
            title: "Partners moved",
            dueOn: dayAfter(nowMs, 105),
            deliverable: "List of moved partners",
          },
        ],
      },
      complianceEvidence: {
        documents: [
          {
            title: "Threat model (synthetic)",
            sha256: "3b7a6c1fd0a53c7a5d8f0a8b1f2e4d6c9b8a7f6e5d4c3b2a1908f7e6d5c4b3a2",
          },
        ],
      },
      automationGoals: { goals: [{ metric: "Keys rotated without a person", target: "100%" }] },
    },
    flag: "partner.short-keys",
    walk: "in-flight",
    decides: "marathon",
    learning: null,
  };
}

/**
 * Every initiative of the sample, in the order in which they are proposed.
 *
 * @param nowMs  the instant from which the dates of milestones are counted
 */
export function sampleChanges(nowMs: number): readonly SampleChange[] {
  return [...WITH_STUDY, ...SPRINTS, ...MARATHONS, hardening(nowMs)];
}

/** The flags that the sample makes. */
export const SAMPLE_FLAGS: readonly string[] = sampleChanges(0).flatMap(
  ({ artifacts, flag, walk }) => {
    const key = flag ?? (walk === "study" ? artifacts.featureFlag?.flagKey : undefined);
    return key === undefined ? [] : [key];
  },
);
