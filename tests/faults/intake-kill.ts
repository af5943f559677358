/**
 * Kills the intake at random while clients send, and counts what is on the disk afterwards.
 *
 *   node tests/faults/intake-kill.ts --cycles 50 [--seed 1]
 *
 * Exit code 0 if nothing acknowledged was lost and nothing is stored twice.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";

import { DuckDBInstance } from "@duckdb/node-api";
import { openEventStore } from "@paceline/events/server";

import { startIntakeChild } from "./intake-child.ts";
import type { IntakeChild } from "./intake-child.ts";
import { WRITE_KEY } from "./intake-server.ts";

const CLIENTS = 8;
const MOST_EVENTS_IN_BATCH = 40;
/** Segment's client waits longer between attempts; this only keeps a dead server from being hammered. */
const RETRY_MS = 20;

export interface KillReport {
  readonly cycles: number;
  readonly acknowledgedBatches: number;
  readonly acknowledgedEvents: number;
  /** Batches that were sent again because no answer came. */
  readonly retries: number;
  readonly lost: number;
  readonly doubled: number;
  readonly unknown: number;
}

/** Runs the cycles on a fresh data directory. The same seed kills after the same number of batches. */
export async function runKillCycles(cycles: number, seed: number): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-kill-"));
  try {
    const drill = new Drill(dataDir, seed);
    await drill.run(cycles);
    return { cycles, ...drill.counts(), ...(await drill.compare()) };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

class Drill {
  readonly #dataDir: string;
  readonly #random: () => number;
  readonly #sent = new Set<string>();
  readonly #acknowledged = new Set<string>();
  #batches = 0;
  #retries = 0;
  #child: IntakeChild;
  #stopping = false;
  #onBatch: () => void = () => undefined;

  constructor(dataDir: string, seed: number) {
    this.#dataDir = dataDir;
    this.#random = randomFrom(seed);
    this.#child = startIntakeChild(dataDir, ["--roll-ms", "100"]);
  }

  counts(): Pick<KillReport, "acknowledgedBatches" | "acknowledgedEvents" | "retries"> {
    return {
      acknowledgedBatches: this.#batches,
      acknowledgedEvents: this.#acknowledged.size,
      retries: this.#retries,
    };
  }

  async run(cycles: number): Promise<void> {
    const clients = Array.from({ length: CLIENTS }, (_, client) => this.#send(client));
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      // Every fifth time the process dies while it recovers from the last death.
      if (cycle % 5 === 4) await this.#child.opening;
      else await this.#batchesAcknowledged(5 + Math.floor(this.#random() * 150));
      const dying = this.#child;
      await dying.kill();
      this.#child = startIntakeChild(this.#dataDir, ["--roll-ms", "100"]);
    }
    this.#stopping = true;
    await Promise.all(clients);
    await this.#child.kill();
  }

  #batchesAcknowledged(count: number): Promise<void> {
    const goal = this.#batches + count;
    return new Promise((resolve) => {
      this.#onBatch = () => {
        if (this.#batches >= goal) resolve();
      };
    });
  }

  /** One client: sends a batch until it is acknowledged, then the next. */
  async #send(client: number): Promise<void> {
    for (let batch = 0; !this.#stopping; batch += 1) {
      const size = 1 + Math.floor(this.#random() * MOST_EVENTS_IN_BATCH);
      const ids = Array.from({ length: size }, (_, place) => `${client}-${batch}-${place}`);
      for (const id of ids) this.#sent.add(id);
      const body = JSON.stringify({
        batch: ids.map((messageId) => ({
          type: "track",
          event: "Order Completed",
          userId: `user-${client}`,
          messageId,
          timestamp: new Date().toISOString(),
          properties: { revenue: size, note: "ä\n\u{1F600}" },
        })),
        sentAt: new Date().toISOString(),
      });
      while (!(await this.#attempt(body))) {
        this.#retries += 1;
        await pause(RETRY_MS);
      }
      for (const id of ids) this.#acknowledged.add(id);
      this.#batches += 1;
      this.#onBatch();
    }
  }

  async #attempt(body: string): Promise<boolean> {
    try {
      const url = await this.#child.ready;
      const response = await fetch(`${url}/v1/batch`, {
        method: "POST",
        body,
        headers: { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}` },
      });
      await response.text();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  /** Opens what the last death left and counts every message id in the files themselves. */
  async compare(): Promise<Pick<KillReport, "lost" | "doubled" | "unknown">> {
    const store = await openEventStore({ dataDir: this.#dataDir });
    await store.flush();
    await store.close();
    const stored = await storedCounts(join(this.#dataDir, "events", "segments"));
    const lost = [...this.#acknowledged].filter((id) => !stored.has(id));
    return {
      lost: lost.length,
      doubled: [...stored.values()].filter((count) => count > 1).length,
      unknown: [...stored.keys()].filter((id) => !this.#sent.has(id)).length,
    };
  }
}

async function storedCounts(folder: string): Promise<Map<string, number>> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    "SELECT message_id, count(*)::INTEGER FROM read_parquet($1) GROUP BY message_id",
    [join(folder, "*.parquet")],
  );
  const counts = new Map(reader.getRows().map(([id, count]) => [String(id), Number(count)]));
  connection.closeSync();
  instance.closeSync();
  return counts;
}

/** Mulberry32: small, seeded, good enough to spread kills. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      cycles: { type: "string", default: "50" },
      seed: { type: "string", default: "1" },
    },
  });
  const report = await runKillCycles(Number(values.cycles), Number(values.seed));
  console.log(JSON.stringify(report));
  process.exitCode = report.lost + report.doubled + report.unknown === 0 ? 0 : 1;
}
