import { randomOf } from "./random.ts";

/** A program that follows the flags of the live environment. It is simulated, and its name says so. */
export interface SampleListener {
  readonly instance: string;
  readonly name: string;
  readonly version: string;
  /** Only those of the SDK say that they evaluate with a revision. */
  readonly protocol: "sdk" | "ofrep-sse";
}

function several(count: number, of: Omit<SampleListener, "instance">): readonly SampleListener[] {
  return Array.from({ length: count }, (_, place) => ({
    ...of,
    instance: `${of.name}-${place + 1}`,
  }));
}

/** Everybody who listens. */
export const LISTENERS: readonly SampleListener[] = [
  ...several(18, { name: "sample-shop-web", version: "4.2.0", protocol: "sdk" }),
  ...several(6, { name: "sample-shop-app", version: "2.9.1", protocol: "sdk" }),
  ...several(4, { name: "sample-kiosk", version: "1.0.3", protocol: "ofrep-sse" }),
];

const NETWORK_MS = 40;
const SPREAD_MS = 260;

/** Milliseconds until a program has a revision: most are quick. */
export function listenerDelayMs({ instance }: SampleListener, revision: number): number {
  const draw = randomOf(revision, `listener/${instance}`)();
  return Math.round(NETWORK_MS + draw ** 3 * SPREAD_MS);
}
