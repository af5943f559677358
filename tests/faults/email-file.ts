import { writeFileSync } from "node:fs";

/** What a generated file says, counted while it was made. */
export interface EmailFile {
  readonly rows: number;
  readonly arms: Readonly<
    Record<
      string,
      {
        readonly customers: number;
        readonly visits: number;
        readonly orders: number;
        readonly spend: number;
      }
    >
  >;
}

/** Shares of visitors, and of buyers among them, by segment: effects that nobody can miss. */
const SEGMENTS = {
  no_email: { segment: "No E-Mail", visits: 0.2, buys: 0.2 },
  mens_email: { segment: "Mens E-Mail", visits: 0.45, buys: 0.3 },
  womens_email: { segment: "Womens E-Mail", visits: 0.4, buys: 0.3 },
} as const;

/** Writes a made-up file of the e-mail campaign's shape; the same seed writes the same file. */
export function writeEmailFile(path: string, rows: number, seed: number): EmailFile {
  const random = randomFrom(seed);
  const arms = Object.entries(SEGMENTS).map(([arm, plan]) => ({
    arm,
    plan,
    counts: { customers: 0, visits: 0, orders: 0, spend: 0 },
  }));
  const lines = ["recency,segment,visit,conversion,spend"];
  for (let row = 0; row < rows; row += 1) {
    const chosen = arms[Math.floor(random() * arms.length)];
    if (chosen === undefined) throw new Error("there are no arms");
    const { plan, counts } = chosen;
    const visits = random() < plan.visits;
    const buys = visits && random() < plan.buys;
    // Quarters add up exactly in binary, in whatever order.
    const spend = buys ? 1 + Math.floor(random() * 400) / 4 : 0;
    counts.customers += 1;
    counts.visits += Number(visits);
    counts.orders += Number(buys);
    counts.spend += spend;
    lines.push(`${row % 12},${plan.segment},${Number(visits)},${Number(buys)},${spend}`);
  }
  writeFileSync(path, `${lines.join("\n")}\n`);
  return { rows, arms: Object.fromEntries(arms.map(({ arm, counts }) => [arm, counts])) };
}

/** Mulberry32: small and seeded. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
