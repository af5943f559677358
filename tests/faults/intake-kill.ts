/**
 * Kills the intake at random while clients send, and counts what is on the disk afterwards.
 *
 *   node tests/faults/intake-kill.ts --cycles 50 [--seed 1]
 *
 * Exit code 0 if nothing acknowledged was lost, nothing is stored twice, and everything that was
 * acknowledged is still recognised when it is sent again, however old.
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
/** So few ids are kept in memory that most resends are far older. */
const SETTINGS = ["--roll-ms", "100", "--remembered", "300"];
const RESENT_SHARE = 0.1;
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
  /** Events sent again long after they were acknowledged, and how many of those were taken for new. */
  readonly resent: number;
  readonly resentAccepted: number;
}

/** Runs the cycles on a fresh data directory. The same seed kills after the same number of batches. */
export async function runKillCycles(cycles: number, seed: number): Promise<KillReport> {
  const dataDir = await mkdtemp(join(tmpdir(), "paceline-kill-"));
  try {
    const drill = new Drill(dataDir, seed);
    await drill.run(cycles);
    return { cycles, ...(await drill.compare()), ...drill.counts() };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

class Drill {
  readonly #dataDir: string;
  readonly #random: () => number;
  readonly #sent = new Set<string>();
  readonly #acknowledged = new Set<string>();
  /** Bodies of acknowledged batches. */
  readonly #delivered: string[] = [];
  #resent = 0;
  #resentAccepted = 0;
  #batches = 0;
  #retries = 0;
  #child: IntakeChild;
  #stopping = false;
  #onBatch: () => void = () => undefined;

  constructor(dataDir: string, seed: number) {
    this.#dataDir = dataDir;
    this.#random = randomFrom(seed);
    this.#child = startIntakeChild(dataDir, SETTINGS);
  }

  counts(): Omit<KillReport, "cycles" | "lost" | "doubled" | "unknown"> {
    return {
      resent: this.#resent,
      resentAccepted: this.#resentAccepted,
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
      this.#child = startIntakeChild(this.#dataDir, SETTINGS);
    }
    this.#stopping = true;
    await Promise.all(clients);
    for (const body of this.#delivered) await this.#sendAgain(body);
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
      await this.#deliver(body);
      this.#delivered.push(body);
      const old = this.#delivered[Math.floor(this.#random() * this.#delivered.length)];
      if (old !== undefined && this.#random() < RESENT_SHARE) await this.#sendAgain(old);
      for (const id of ids) this.#acknowledged.add(id);
      this.#batches += 1;
      this.#onBatch();
    }
  }

  /** Sends until it is acknowledged. @returns how many of its events were new */
  async #deliver(body: string): Promise<number> {
    for (;;) {
      const accepted = await this.#attempt(body);
      if (accepted !== null) return accepted;
      this.#retries += 1;
      await pause(RETRY_MS);
    }
  }

  async #sendAgain(body: string): Promise<void> {
    this.#resent += body.split('"messageId"').length - 1;
    this.#resentAccepted += await this.#deliver(body);
  }

  /** @returns how many events were new; null without an acknowledgement */
  async #attempt(body: string): Promise<number | null> {
    try {
      const url = await this.#child.ready;
      const response = await fetch(`${url}/v1/batch`, {
        method: "POST",
        body,
        headers: { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}` },
      });
      const answer: unknown = await response.json();
      if (response.status !== 200) return null;
      const accepted: unknown = Reflect.get(Object(answer), "accepted");
      if (typeof accepted !== "number") throw new TypeError("the answer counts nothing");
      return accepted;
    } catch (cause) {
      if (cause instanceof TypeError && cause.message.includes("counts nothing")) throw cause;
      return null;
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
  const faults = report.lost + report.doubled + report.unknown + report.resentAccepted;
  process.exitCode = faults === 0 ? 0 : 1;
}
