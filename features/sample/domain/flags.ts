import type { ConfigurationInput, FlagKind, FlagValue } from "@paceline/flags/domain";

/** A layer of the sample. */
export const SAMPLE_LAYER = {
  key: "sample-cart-page",
  name: "Cart page (sample)",
  description: "Changes of the cart page never meet: what one does is not mixed with another.",
  unit: "targetingKey",
  carryOverDays: 14,
} as const;

/** A holdout of the sample; it holds units out of the flags with its tag. */
export const SAMPLE_HOLDOUT = {
  key: "sample-cart-2026",
  name: "Cart changes of the season",
  description: "What all changes of the cart did together, against people who saw none of them.",
  tag: "cart",
  share: 0.05,
  unit: "targetingKey",
} as const;

/** What is expected of a flag, as it is kept with it. */
interface SampleTest {
  readonly name: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly expect: { readonly variant: string };
}

/** A flag that belongs to no initiative: made to show what rules can say. */
export interface SampleFlag {
  readonly key: string;
  readonly description: string;
  readonly owner: string;
  readonly kind: FlagKind;
  readonly tags: readonly string[];
  readonly variants: Readonly<Record<string, FlagValue>>;
  /** Days until it should be gone, or since; null for no date. */
  readonly expiresInDays: number | null;
  /** Published one after the other, so that there is a history. */
  readonly published: readonly ConfigurationInput[];
  /** Written and not published. */
  readonly draft: ConfigurationInput | null;
  readonly tests: readonly SampleTest[];
  /** Taken out again in the end, so that its slots rest. */
  readonly archived: boolean;
}

const SWITCH = { off: false, on: true } as const;
const BASE = { enabled: true, offVariant: "off", defaultVariant: "off" } as const;

const SHIPPING_BAR: SampleFlag = {
  key: "cart.shipping-bar",
  description: "A bar that says how much is missing until shipping is free.",
  owner: "mara",
  kind: "release",
  tags: ["cart", "web"],
  variants: { off: "off", bar: "bar", text: "text" },
  expiresInDays: 60,
  published: [0.1, 0.25, 0.5].map((exposureShare) => ({
    ...BASE,
    rules: [
      {
        id: "members-first",
        description: "Members see it first, whatever the exposure is.",
        when: { attribute: "plan", operator: "in", value: ["plus", "pro"] },
        layers: [{ layer: SAMPLE_LAYER.key, share: 0.4 }],
        serve: {
          split: [
            { variant: "bar", share: 0.5 },
            { variant: "text", share: 0.5 },
          ],
        },
        exposureShare,
        recordExposure: true,
        salt: "sample/cart.shipping-bar",
      },
    ],
  })),
  draft: null,
  tests: [
    {
      name: "customers without a membership see no bar",
      context: { targetingKey: "customer-1", plan: "free" },
      expect: { variant: "off" },
    },
  ],
  archived: false,
};

const GIFT_WRAP: SampleFlag = {
  key: "cart.gift-wrap",
  description: "Offer gift wrapping for orders to another address.",
  owner: "priya",
  kind: "experiment",
  tags: ["cart"],
  variants: SWITCH,
  expiresInDays: 45,
  published: [
    {
      ...BASE,
      rules: [
        {
          id: "half",
          description: "Half of those who have ordered before.",
          when: { attribute: "orders", operator: "at-least", value: 1 },
          layers: [{ layer: SAMPLE_LAYER.key, share: 0.3 }],
          serve: {
            split: [
              { variant: "off", share: 0.5 },
              { variant: "on", share: 0.5 },
            ],
          },
          recordExposure: true,
          salt: "sample/cart.gift-wrap",
        },
      ],
    },
  ],
  draft: null,
  tests: [],
  archived: false,
};

const PROGRESS: SampleFlag = {
  key: "cart.progress-steps",
  description: "Three steps above the cart. Taken out: nobody used them.",
  owner: "priya",
  kind: "release",
  tags: ["cart"],
  variants: SWITCH,
  expiresInDays: null,
  published: [
    {
      ...BASE,
      rules: [
        {
          id: "some",
          layers: [{ layer: SAMPLE_LAYER.key, share: 0.15 }],
          serve: { variant: "on" },
          salt: "sample/cart.progress-steps",
        },
      ],
    },
  ],
  draft: null,
  tests: [],
  archived: true,
};

function expressRule(share: number): NonNullable<ConfigurationInput["rules"]>[number] {
  return {
    id: "neighbors",
    description: "Where the payment provider supports it, in apps that can show it.",
    when: {
      all: [
        { attribute: "country", operator: "in", value: ["DE", "FR"] },
        {
          any: [
            { attribute: "app.platform", operator: "equals", value: "web" },
            { attribute: "app.version", operator: "version-at-least", value: "3.2.0" },
          ],
        },
        { not: { attribute: "plan", operator: "equals", value: "free" } },
      ],
    },
    prerequisites: [{ flag: "checkout.one-page", variants: ["one_page"] }],
    overrides: [
      {
        when: { attribute: "targetingKey", operator: "starts-with", value: "test-" },
        variant: "on",
      },
    ],
    serve: { variant: "on" },
    exposureShare: share,
    salt: "sample/checkout.express-pay",
  };
}

const STORE_CANARY: NonNullable<ConfigurationInput["rules"]>[number] = {
  id: "berlin",
  description: "The stores in Berlin try it before anybody else.",
  when: { attribute: "country", operator: "equals", value: "DE" },
  gates: [
    {
      source: { kind: "canary", name: "berlin" },
      salt: "canary/berlin/",
      unit: "targetingKey",
      ranges: [[0, 8_000]],
      negate: false,
    },
  ],
  serve: { variant: "on" },
  salt: "sample/checkout.express-pay/berlin",
};

const EXPRESS_PAY: SampleFlag = {
  key: "checkout.express-pay",
  description: "Pay with the wallet of the phone, without an account.",
  owner: "tomasz",
  kind: "release",
  tags: ["checkout", "payment"],
  variants: SWITCH,
  expiresInDays: 30,
  published: [
    { ...BASE, rules: [STORE_CANARY] },
    { ...BASE, rules: [STORE_CANARY, expressRule(0.1)] },
    { ...BASE, rules: [STORE_CANARY, expressRule(0.25)] },
  ],
  draft: { ...BASE, rules: [STORE_CANARY, expressRule(0.6)] },
  tests: [
    {
      name: "a store of the Berlin canary gets it",
      context: { targetingKey: "berlin-store-21", country: "DE", plan: "free" },
      expect: { variant: "on" },
    },
    {
      name: "free customers abroad never get it",
      context: { targetingKey: "customer-7", country: "ES", plan: "free" },
      expect: { variant: "off" },
    },
  ],
  archived: false,
};

const LEGACY_RANKING: SampleFlag = {
  key: "search.new-ranking",
  description: "The ranking that everybody has had since the summer.",
  owner: "priya",
  kind: "release",
  tags: ["search"],
  variants: SWITCH,
  expiresInDays: -20,
  published: [{ ...BASE, rules: [{ id: "everyone", serve: { variant: "on" } }] }],
  draft: null,
  tests: [],
  archived: false,
};

const CHAT: SampleFlag = {
  key: "support.chat",
  description: "Switches the chat off when nobody can answer.",
  owner: "dana",
  kind: "kill-switch",
  tags: ["support"],
  variants: SWITCH,
  expiresInDays: null,
  published: [{ enabled: true, offVariant: "off", defaultVariant: "on", rules: [] }],
  draft: null,
  tests: [],
  archived: false,
};

/** Those that need others come first, so that they can be taken away in this order. */
export const SHOWN_FLAGS: readonly SampleFlag[] = [
  EXPRESS_PAY,
  SHIPPING_BAR,
  GIFT_WRAP,
  PROGRESS,
  LEGACY_RANKING,
  CHAT,
];
