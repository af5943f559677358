/**
 * Kills the event store at random while it compacts and erases, and looks at what is on the disk.
 *
 *   node tests/faults/erase-kill.ts --cycles 30 [--seed 1]
 *
 * Exit code 0 if nobody else's event is lost or doubled and every erased person is gone.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

import { openEventStore } from "@paceline/events/server";
import { filesHolding } from "@paceline/test-kit";

const SCOPE = { workspace: "w1", environment: "production" };
const START = Date.UTC(2026, 0, 5);
const DAY = 86_400_000;
export interface EraseKillReport {
  readonly cycles: number;
  /** Children that died before they had finished. */
  readonly killed: number;
  readonly events: number;
  readonly lost: number;
  readonly doubled: number;
  /** Files that still hold an erased person. */
  readonly left: number;
}

/**
 * The first child works to its end and says how long the work takes on this machine; the others are
 * killed after a share of that time, which the seed decides.
 *
 * @param cycles  one more than the kills
 */
export async function runEraseKills(cycles: number, seed: number): Promise<EraseKillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-erase-kill-"));
  try {
    const expected = new Set<string>();
    const people: string[] = [];
    let [killed, state, longestMs] = [0, seed, Number.POSITIVE_INFINITY];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      await fill(dataDir, cycle, expected);
      people.push(`person-cycle${cycle}@example.com`);
      const afterMs = (longestMs * state) / 2 ** 32;
      const work = await eraseAndKill(dataDir, `cycle${cycle}`, afterMs);
      if (work.finished) longestMs = Math.min(longestMs, work.ms);
      else killed += 1;
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    }
    return { cycles, killed, events: expected.size, ...(await compare(dataDir, expected, people)) };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Events of others, and of the person whom this cycle erases. */
async function fill(dataDir: string, cycle: number, expected: Set<string>): Promise<void> {
  const store = await openEventStore({ dataDir, limits: { splitEvents: 400 } });
  for (let file = 0; file < 3; file += 1) {
    const events = Array.from({ length: 60 }, (_, place) => {
      const own = place % 10 === 0;
      const messageId = `${cycle}-${file}-${place}`;
      const unit = own ? `person-cycle${cycle}@example.com` : `u${place}`;
      if (!own) expected.add(messageId);
      const at = START + ((cycle * 7 + place) % 90) * DAY;
      return {
        ...SCOPE,
        source: "shop",
        messageId,
        type: "track" as const,
        event: "Order",
        unit,
        userId: unit,
        anonymousId: null,
        at,
        timestamp: null,
        sentAt: null,
        receivedAt: at,
        experimentId: null,
        flagKey: null,
        revision: null,
        variant: null,
        properties: "{}",
        context: "{}",
      };
    });
    await store.append(events);
    await store.flush();
  }
  await store.close();
}

interface Work {
  /** Whether it was done before it was killed. */
  readonly finished: boolean;
  /** From the begin of the work to its end. */
  readonly ms: number;
}

/** @param afterMs  infinite: not killed */
async function eraseAndKill(dataDir: string, id: string, afterMs: number): Promise<Work> {
  const script = join(import.meta.dirname, "erase-child.ts");
  const child = spawn(process.execPath, [script, dataDir, id], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  const exited = once(child, "exit");
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes("erasing")) resolve();
    });
    void exited.then(() => resolve());
  });
  const begin = performance.now();
  await (Number.isFinite(afterMs) ? Promise.race([exited, pause(afterMs)]) : exited);
  const ms = performance.now() - begin;
  child.kill("SIGKILL");
  await exited;
  return { finished: said.includes("done"), ms };
}

async function compare(
  dataDir: string,
  expected: ReadonlySet<string>,
  people: readonly string[],
): Promise<Pick<EraseKillReport, "lost" | "doubled" | "left">> {
  const store = await openEventStore({ dataDir });
  await store.erasures.resume();
  await store.flush();
  const { rows } = await store.run({ kind: "recent", ...SCOPE, limit: 1_000_000 });
  const found = rows.map(({ messageId }) => messageId);
  await store.close();
  const unique = new Set(found);
  return {
    lost: [...expected].filter((messageId) => !unique.has(messageId)).length,
    doubled: found.length - unique.size,
    left: (await filesHolding(join(dataDir, "events"), people)).length,
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      cycles: { type: "string", default: "30" },
      seed: { type: "string", default: "1" },
    },
  });
  const report = await runEraseKills(Number(values.cycles), Number(values.seed));
  console.log(JSON.stringify(report));
  process.exitCode = report.lost + report.doubled + report.left === 0 ? 0 : 1;
}
