import { clientOf } from "./clients.ts";
import { normal, randomOf } from "./random.ts";

const HOUR_MS = 3_600_000;

/** A telemetry plan of the sample. */
export interface SamplePlan {
  readonly name: string;
  readonly event: string;
  readonly description: string;
  /** Key of the initiative that owns it; null for none. */
  readonly initiative: string | null;
  readonly publish: boolean;
  readonly schema: object;
}

const MONEY = { type: "number", minimum: 0, description: "In US dollars, without shipping." };
const COUNTRY = { type: "string", pattern: "^[A-Z]{2}$", description: "ISO 3166-1 alpha-2." };

/** One that is in force and refuses what breaks it, and one that somebody still writes. */
export const SAMPLE_PLANS: readonly SamplePlan[] = [
  {
    name: "order-completed",
    event: "Order Completed",
    description: "Synthetic: what a paid order says. The verdict on the checkout rests upon it.",
    initiative: "one-page-checkout",
    publish: true,
    schema: {
      type: "object",
      properties: { revenue: MONEY, country: COUNTRY },
      required: ["revenue", "country"],
    },
  },
  {
    name: "cart-bought",
    event: "Cart Bought",
    description: "Synthetic: a draft that judges nothing before it is published.",
    initiative: null,
    publish: false,
    schema: {
      type: "object",
      properties: { revenue: MONEY, country: COUNTRY, points: { type: "integer", minimum: 0 } },
      required: ["revenue", "country"],
    },
  },
];

/** What one source sends at one time, as its client sends it. */
export interface SampleDelivery {
  readonly source: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly body: { readonly batch: readonly object[]; readonly context: object };
}

/** How a kiosk with a faulty release spoils an order. */
type Spoil = (order: Order) => object;
type Order = {
  readonly type: "track";
  readonly event: string;
  readonly messageId: string;
  readonly userId: string;
  readonly timestamp: string;
  readonly properties: { readonly revenue: number; readonly country: string };
};

const asText: Spoil = (order) => ({
  ...order,
  properties: { ...order.properties, revenue: order.properties.revenue.toFixed(2) },
});
const withoutCountry: Spoil = (order) => ({
  ...order,
  properties: { revenue: order.properties.revenue },
});
const withoutPerson: Spoil = ({ userId: _nobody, ...order }) => order;

/** By delivery: 9 amounts as text, 7 orders without a country, 4 of nobody. */
const SPOILS: readonly (readonly Spoil[])[] = [
  [asText, withoutCountry],
  [asText, asText, withoutCountry],
  [asText, withoutCountry, withoutCountry, withoutPerson],
  [asText, asText, withoutCountry],
  [asText, withoutCountry, withoutPerson, withoutPerson],
  [asText, asText, withoutCountry, withoutPerson],
];
const GOOD_ORDERS = 5;
const HOURS_BETWEEN = 9;

/**
 * Orders at kiosks over the last two days, most as planned and some spoiled. They are of customers
 * who have seen no variant, so no experiment counts them.
 *
 * @param run  begins the message ids, so that a second filling is no repetition of the first
 */
export function kioskDeliveries(
  seed: number,
  run: string,
  endsAtMs: number,
): readonly SampleDelivery[] {
  return SPOILS.map((spoils, index) => {
    const random = randomOf(seed, `kiosk/${index}`);
    const at = endsAtMs - (SPOILS.length - index) * HOURS_BETWEEN * HOUR_MS;
    const orders = Array.from({ length: spoils.length + GOOD_ORDERS }, (_, place): Order => {
      const userId = `kiosk-${index + 1}-${place + 1}`;
      return {
        type: "track",
        event: "Order Completed",
        messageId: `${run} ${userId}`,
        userId,
        timestamp: new Date(at - Math.floor(random() * HOUR_MS)).toISOString(),
        properties: {
          revenue: Math.round(Math.max(5, normal(random, 62, 18)) * 100) / 100,
          country: clientOf(seed, userId).country,
        },
      };
    });
    const batch = orders.map((order, place) => spoils[place]?.(order) ?? order);
    const library = { name: "@rudderstack/rudder-sdk-node", version: "3.0.13" };
    return { source: "sample-kiosk", at, body: { batch, context: { library } } };
  });
}
