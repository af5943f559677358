import { clientOf } from "./clients.ts";
import { randomOf } from "./random.ts";

/** What an invented customer's client says of itself when it asks for a flag. */
export interface SampleContext {
  readonly targetingKey: string;
  readonly country: string;
  readonly plan: "free" | "plus" | "pro";
  readonly app: { readonly platform: "web" | "ios" | "android"; readonly version: string };
  readonly orders: number;
}

const VERSIONS = ["3.0.4", "3.1.0", "3.1.2", "3.2.0", "3.2.1", "3.3.0"] as const;

/** The same for all visits of a unit, and without effect on what it does. */
export function contextOf(seed: number, unit: string): SampleContext {
  const random = randomOf(seed, `context/${unit}`);
  const plan = random();
  const platform = random();
  const version = VERSIONS[Math.floor(random() * VERSIONS.length)] ?? VERSIONS[0];
  return {
    targetingKey: unit,
    country: clientOf(seed, unit).country,
    plan: plan < 0.12 ? "pro" : plan < 0.35 ? "plus" : "free",
    app: {
      platform: platform < 0.55 ? "web" : platform < 0.8 ? "ios" : "android",
      version,
    },
    // Few have many: most customers order once.
    orders: Math.floor(random() ** 3 * 24),
  };
}
