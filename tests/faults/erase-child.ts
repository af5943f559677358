/**
 * Opens the event store of a folder and works until it is killed: appends, compacts and erases.
 *
 *   node tests/faults/erase-child.ts <data dir> <erasure id>
 *
 * Says `erasing` when the erasure has been asked for, and `done` when it is finished.
 */
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
console.log("erasing");
await Promise.all([compacting, erasing]);
console.log("done");
await store.close();
