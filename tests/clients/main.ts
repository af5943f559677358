/**
 * `npm run test:clients [-- --events 10000 --clients posthog-node,segment-node --kills 2]`: the real
 * clients against a server that answers 20 % of its requests with 429 or 503 and is killed while they
 * send. Ends with 1 if an event that a client reported delivered is missing, or is there twice, or if
 * a client reports too few delivered.
 */
import { parseArgs } from "node:util";

import { runDrill } from "./drill.ts";

/** Exporters of OpenTelemetry give a batch up after some attempts, and say so: a few in a hundred. */
const LEAST_SHARE = 0.8;

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "10000" },
    clients: { type: "string" },
    kills: { type: "string", default: "2" },
  },
});
const events = Number(values.events);
const clients = values.clients?.split(",");
const first = Math.max(30, Math.floor(events / 50));
const killsAt = Array.from({ length: Number(values.kills) }, (_, kill) => first * (1 + 4 * kill));
const { rows, kills } = await runDrill({
  events,
  refused: 0.2,
  killsAt,
  ...(clients === undefined ? {} : { clients }),
});
console.table(rows.map(({ seconds, ...row }) => ({ ...row, seconds: Math.round(seconds) })));
const lost = rows.reduce((sum, row) => sum + row.lost, 0);
const doubled = rows.reduce((sum, row) => sum + row.doubled, 0);
console.log(`${kills} kills, 20 % of the requests refused: ${lost} lost, ${doubled} double`);
// A client that reports little delivered loses little, and would prove nothing.
const idle = rows.filter(
  ({ sent, delivered }) => sent !== events || delivered < LEAST_SHARE * sent,
);
for (const { client, sent, delivered } of idle) {
  console.log(`${client} reported ${delivered} of ${sent} delivered: too few to prove anything`);
}
const isProven = idle.length === 0 && kills >= killsAt.length;
process.exitCode = lost + doubled === 0 && isProven ? 0 : 1;
