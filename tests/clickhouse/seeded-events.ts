import { contextEvent, exposureEvent } from "@paceline/events/domain";
import type { FlatEvent } from "@paceline/events/domain";

export const SCOPE = { workspace: "w'1\\", environment: "production" } as const;
export const START = Date.UTC(2026, 0, 5);
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** The events happen in these days. */
export const DAYS = 70;

/** Numbers that look random and are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const NAMES = ["Order", "View", "Cart", "Refund", "naïve \\ 'quoted' \"name\""];
const CATEGORIES = ["shoes", "it's", "back\\slash", "ünïcode 🎈", "a", "b", "c", "d", "e"];

/** What a client may send as a number: also what is none. */
function amount(random: () => number): unknown {
  const kind = Math.floor(random() * 12);
  const value = Math.round(random() * 100_000) / 100;
  const odd: readonly unknown[] = [
    String(value),
    ` ${value} `,
    "twelve",
    null,
    true,
    { value },
    [value],
    1e300,
    -value,
  ];
  return kind < odd.length ? odd[kind] : value;
}

/** Events of every kind that queries look at, the same for the same seed. */
export function seededEvents(count: number, seed = 1): FlatEvent[] {
  const random = seededRandom(seed);
  const people = Math.max(20, Math.floor(count / 15));
  return Array.from({ length: count }, (_, place) => {
    const person = Math.floor(random() ** 2 * people);
    const at = START + Math.floor(random() * DAYS * DAY);
    const unit = `u${person}`;
    const kind = random();
    if (kind < 0.12) return exposure(unit, person, at, random);
    if (kind < 0.16) return bad(place, unit, at, random);
    if (kind < 0.17) return resolved(place, unit, at, random);
    if (kind < 0.19) return recorded(person, unit, at, random);
    return message(place, unit, at, random);
  });
}

function exposure(unit: string, person: number, at: number, random: () => number): FlatEvent {
  const crossing = random() < 0.03;
  const variant = (person + (crossing ? 1 : 0)) % 3 === 0 ? "control" : `t${(person % 2) + 1}`;
  const flagKey = random() < 0.7 ? "checkout" : "search";
  const experimentId = random() < 0.8 ? `e-${flagKey}` : null;
  return exposureEvent({ ...SCOPE, flagKey, experimentId, revision: "1", variant, unit, at });
}

/** The same person on several days, with other shares. */
function recorded(person: number, unit: string, at: number, random: () => number): FlatEvent {
  const rank = Math.imul(person + 1, 0x9e3779b1) >>> 0;
  const context = JSON.stringify({ plan: "it's pro", amount: Math.floor(random() * 10) });
  const share = 2 ** -Math.floor(random() * 4);
  return contextEvent({
    ...SCOPE,
    unit,
    rank: rank.toString(16).padStart(16, "0"),
    share,
    at,
    context,
  });
}

function base(place: number, unit: string, at: number): FlatEvent {
  return {
    ...SCOPE,
    source: place % 3 === 0 ? "shop" : "app's",
    messageId: `m${place}`,
    type: "track",
    event: "",
    unit,
    userId: place % 4 === 0 ? null : unit,
    anonymousId: place % 4 === 0 ? unit : null,
    at,
    timestamp: place % 5 === 0 ? null : at - 7,
    sentAt: place % 2 === 0 ? at : null,
    receivedAt: at + (place % 1_000) * 13,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: "{}",
    context: JSON.stringify({
      library: { name: "lib", version: place % 2 === 0 ? "1.0" : undefined },
    }),
  };
}

function message(place: number, unit: string, at: number, random: () => number): FlatEvent {
  const type = random() < 0.1 ? "page" : "track";
  const event = NAMES[Math.floor(random() ** 1.5 * NAMES.length)] ?? "";
  const category = CATEGORIES[Math.floor(random() ** 2 * CATEGORIES.length)];
  const properties = {
    value: amount(random),
    ...(random() < 0.8 ? { category: random() < 0.1 ? [category] : category } : {}),
    "a/b~c": place % 7,
    line: "two\nlines\tand \u0000 more",
  };
  return { ...base(place, unit, at), type, event, properties: JSON.stringify(properties) };
}

function bad(place: number, unit: string, at: number, random: () => number): FlatEvent {
  const kind = random() < 0.5 ? "invalid" : "plan";
  const properties = {
    kind,
    path: `/properties/${Math.floor(random() * 3)}`,
    reason: "must be a number",
    plan: kind === "plan" ? "orders/1-0-0" : null,
    dialect: "segment",
    raw: { place },
  };
  const id = `bad:${place % 400}`;
  return {
    ...base(place, unit, at),
    messageId: `${id}-${place}`,
    type: "bad",
    event: "Order",
    properties: JSON.stringify(properties),
  };
}

/** Resolves the bad event that has the same place plus one, if there is one. */
function resolved(place: number, unit: string, at: number, random: () => number): FlatEvent {
  const of = Math.floor(random() * place);
  return {
    ...base(of, unit, at),
    messageId: `resolved:bad:${of % 400}-${of}`,
    type: "resolved",
    event: "Order",
    properties: "{}",
  };
}
