import { randomOf } from "./random.ts";

/** The program by which an invented customer's events come in. */
export interface SampleClient {
  /** Source of the events. */
  readonly source: string;
  readonly library: { readonly name: string; readonly version: string };
}

const WEB: SampleClient = {
  source: "sample-web",
  library: { name: "analytics.js", version: "npm:next-1.84.3" },
};
const OTHERS: readonly (SampleClient & { readonly upTo: number })[] = [
  { upTo: 0.29, source: "sample-app", library: { name: "posthog-node", version: "5.70.0" } },
  {
    upTo: 0.42,
    source: "sample-kiosk",
    library: { name: "@rudderstack/rudder-sdk-node", version: "3.0.13" },
  },
];
const COUNTRIES = ["DE", "DE", "DE", "FR", "FR", "PL", "SE", "ES"] as const;

/** How a unit's events come in: the same for all of its events, and without effect on what it does. */
export function clientOf(seed: number, unit: string): SampleClient & { readonly country: string } {
  const random = randomOf(seed, `client/${unit}`);
  const share = random();
  const client = OTHERS.find(({ upTo }) => share < upTo) ?? WEB;
  const country = COUNTRIES[Math.floor(random() * COUNTRIES.length)] ?? COUNTRIES[0];
  return { source: client.source, library: client.library, country };
}
