/**
 * What the index of message ids costs at two sizes: memory, claims, look-ups and start.
 *
 *   node features/events/server/message-index/message-index.bench.ts [--sizes 1000000,20000000]
 */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { disk } from "../log/log-files.ts";
import { sampleEvent } from "../sample-events.ts";
import { STORED } from "./message-index.ts";
import type { MessageIndex } from "./message-index.ts";
import { openMessageIndex } from "./open-message-index.ts";

const DAY_MS = 86_400_000;
const DAYS = 30;
const IDS_IN_LOG = 25_000;
const IDS_IN_CALL = 100;
const CALLS = 500;
const BEGIN = Date.UTC(2026, 0, 5);

const clock = { now: BEGIN };

function open(folder: string): Promise<MessageIndex> {
  const limits = { idsInMemory: 200_000, filterBytes: 64 * 1024 * 1024 };
  const nothing = { messageIds: async (): Promise<null> => null };
  return openMessageIndex({ folder, disk, now: () => clock.now, ...limits }, nothing);
}

function idsOf(prefix: string, first: number, count: number): ReturnType<typeof sampleEvent>[] {
  return Array.from({ length: count }, (_, place) =>
    sampleEvent({ messageId: `node-next-1762000000000-${prefix}-${first + place}` }),
  );
}

/** As a day's log files do, over thirty days. */
async function fill(index: MessageIndex, ids: number): Promise<void> {
  for (let first = 0; first < ids; first += IDS_IN_LOG) {
    clock.now = BEGIN + (first / ids) * DAYS * DAY_MS;
    const claim = index.claim(idsOf("stored", first, IDS_IN_LOG));
    index.noteDurable(`log ${first}`, claim.digests);
    index.settle(claim);
    await index.record(`log ${first}`);
  }
  await index.settled();
}

/** Microseconds that a call of 100 new ids takes, and how many of those ids need a look-up. */
async function claimNew(index: MessageIndex): Promise<readonly [number, number]> {
  let perhaps = 0;
  let spent = 0;
  for (let call = 0; call < CALLS; call += 1) {
    const events = idsOf("new", call * IDS_IN_CALL, IDS_IN_CALL);
    const start = performance.now();
    const claim = index.claim(events);
    perhaps += claim.perhaps;
    if (claim.perhaps > 0) await index.resolve(claim);
    spent += performance.now() - start;
    index.release(claim);
  }
  return [(spent / CALLS) * 1_000, perhaps / (CALLS * IDS_IN_CALL)];
}

/** Microseconds that a call of 100 old ids takes, each looked up on the disk. */
async function claimOld(index: MessageIndex, ids: number): Promise<number> {
  let spent = 0;
  for (let call = 0; call < CALLS; call += 1) {
    const first = Math.floor((call / CALLS) * (ids - 500_000));
    const events = idsOf("stored", first, IDS_IN_CALL);
    const start = performance.now();
    const claim = index.claim(events);
    await index.resolve(claim);
    spent += performance.now() - start;
    if (!claim.states.every((state) => state === STORED)) throw new Error("an id was forgotten");
    index.release(claim);
  }
  return (spent / CALLS) * 1_000;
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  return bytes;
}

const { values } = parseArgs({
  options: { sizes: { type: "string", default: "1000000,20000000" } },
});
for (const size of values.sizes.split(",").map(Number)) {
  const folder = await mkdtemp(join(tmpdir(), "paceline-index-bench-"));
  try {
    const filling = performance.now();
    const index = await open(folder);
    await fill(index, size);
    const filled = performance.now() - filling;
    const [fresh, share] = await claimNew(index);
    const old = await claimOld(index, size);
    const { files, memoryBytes } = index.runs;
    await index.close();
    const starting = performance.now();
    const again = await open(folder);
    const started = performance.now() - starting;
    await again.close();
    console.log(`${size} ids in 30 days
  100 new ids             ${fresh.toFixed(0)} µs (${(share * 100).toFixed(3)} % of ids need a look-up)
  100 old ids, looked up  ${old.toFixed(0)} µs
  filters in memory       ${(memoryBytes / 2 ** 20).toFixed(1)} MiB in ${files} files
  on the disk             ${((await bytesIn(folder)) / size).toFixed(1)} bytes an id
  start                   ${started.toFixed(0)} ms
  filling                 ${((filled / size) * 1_000).toFixed(2)} µs an id, with making them up`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
