/**
 * `node features/events/domain/plan-compile.bench.ts`: CPU of checking one event, ours against the
 * code that ajv generates, interleaved, at two sizes of the event.
 */
import { Ajv2020 } from "ajv/dist/2020.js";

import { compilePlan } from "./plan-compile.ts";
import { readPlanSchema } from "./plan-schema-read.ts";

const ROUNDS = 7;
const CHECKS = 20_000;

const product = {
  type: "object",
  required: ["sku", "price"],
  properties: {
    sku: { type: "string", pattern: "^[A-Z]{3}-[0-9]+$" },
    price: { type: "number", minimum: 0 },
    quantity: { type: "integer", minimum: 1 },
  },
};
const schema = {
  type: "object",
  required: ["order_id", "revenue", "currency", "products"],
  properties: {
    order_id: { type: "string", minLength: 1 },
    revenue: { type: "number", minimum: 0 },
    currency: { enum: ["EUR", "USD", "GBP"] },
    coupon: { type: ["string", "null"] },
    products: { type: "array", minItems: 1, items: product },
  },
  additionalProperties: false,
};

function withoutPatterns(): object {
  return JSON.parse(JSON.stringify(schema).replaceAll(/,"pattern":"[^"]*"/g, "")) as object;
}

function order(products: number): object {
  const list = Array.from({ length: products }, (_, place) => ({
    sku: `ABC-${place}`,
    price: place + 0.5,
    quantity: 1,
  }));
  return { order_id: "o-1", revenue: 12.5, currency: "EUR", coupon: null, products: list };
}

function cpuMicroseconds(check: () => unknown): number {
  const before = process.cpuUsage();
  for (let round = 0; round < CHECKS; round += 1) check();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CHECKS;
}

function middle(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const shown = [sorted[Math.floor(sorted.length / 2)], sorted[0], sorted.at(-1)];
  const [median, least, most] = shown.map((value) => (value ?? 0).toFixed(2));
  return `${median} (${least} to ${most})`;
}

for (const [name, document] of [
  ["with a pattern a product", schema],
  ["without patterns", withoutPatterns()],
] as const) {
  const read = readPlanSchema(document);
  if (!read.ok) throw new Error("the schema cannot be used");
  const ours = compilePlan(read.value);
  const theirs = new Ajv2020({ strict: false }).compile(document);
  for (const products of [3, 30]) {
    const event = order(products);
    const [own, other, ratios]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const mine = cpuMicroseconds(() => ours.check(event));
      const rival = cpuMicroseconds(() => theirs(event));
      if (round === 0) continue;
      own.push(mine);
      other.push(rival);
      ratios.push(mine / rival);
    }
    console.log(
      `${name}, ${products} products: ${middle(own)} µs, ajv ${middle(other)} µs, ratio ${middle(ratios)}`,
    );
  }
}
