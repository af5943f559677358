/**
 * Opens the event store of a folder and works until it is killed: appends, compacts and erases.
 *
 *   node tests/faults/erase-child.ts <data dir> <erasure id>
 *
 * Says `erasing` when the erasure is on the disk: from then on it must happen. Says `done` when it is
 * finished.
 */
import { setImmediate as turn } from "node:timers/promises";

import { openEventStore } from "@paceline/events/server";

const [dataDir = "", id = ""] = process.argv.slice(2);
const store = await openEventStore({ dataDir, limits: { splitEvents: 400 } });
const compacting = store.compact();
const erasing = store.erasures.erase({
  id,
  workspace: "w1",
  identifiers: [`person-${id}@example.com`],
  suppress: true,
  reason: "",
  actor: "drill",
});
const isKnown = (erasure: { readonly id: string }): boolean => erasure.id === id;
while (!store.erasures.pending.some(isKnown) && !store.erasures.receipts.some(isKnown))
  await turn();
console.log("erasing");
await Promise.all([compacting, erasing]);
console.log("done");
await store.close();
