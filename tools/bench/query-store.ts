/**
 * The store alone in a process, so that its memory can be told from its rivals'. Started by
 * `query.ts`, whose calls it answers one after the other.
 */
import process from "node:process";

import type { FlatEvent } from "@paceline/events/domain";
import { openEventStore } from "@paceline/events/server";

import { QUESTIONS } from "./query-questions.ts";

export type StoreCall =
  | { readonly call: "ask"; readonly kind: "funnel" | "retention" }
  | {
      readonly call: "ask";
      readonly kind: "experiment";
      readonly asOf: number;
      /** Makes it another question in the eyes of the store, so that nothing kept of it helps. */
      readonly word: string | null;
    }
  | { readonly call: "append"; readonly events: readonly FlatEvent[] }
  | { readonly call: "flush" }
  /** Does now what upkeep would do beside the next question. */
  | { readonly call: "compact" }
  | { readonly call: "close" };

export interface StoreReply {
  /** What was asked, in the words of the question. */
  readonly answer: unknown;
  readonly ms: number;
  /** Time of a core that the call took. */
  readonly cpuMs: number;
  /** Most memory that the process had, in MiB. */
  readonly peakMiB: number;
}

/** Seals nothing by itself, so that what is appended is one log file. */
const NEVER = { rollBytes: 2 ** 40, rollMs: 2 ** 30 };

const store = await openEventStore({ dataDir: process.argv[2] ?? "", limits: NEVER });

function reply(answer: unknown, ms: number, cpuMs: number): void {
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  process.send?.({ answer, ms, cpuMs, peakMiB } satisfies StoreReply);
}

process.on("message", (call: StoreCall) => {
  const [begin, before] = [performance.now(), process.cpuUsage()];
  void perform(call).then((answer) => {
    const { user, system } = process.cpuUsage(before);
    reply(answer, performance.now() - begin, (user + system) / 1_000);
    if (call.call === "close") process.disconnect();
  });
});
reply(null, 0, 0);

async function perform(call: StoreCall): Promise<unknown> {
  switch (call.call) {
    case "ask":
      return ask(call);
    case "append": {
      const taken = await store.append(call.events);
      if (!taken.ok) throw new Error(`not taken: ${taken.error.kind}`);
      return null;
    }
    case "flush":
      return store.flush();
    case "compact":
      return store.compact();
    case "close":
      return store.close();
  }
}

async function ask(call: StoreCall & { readonly call: "ask" }): Promise<unknown> {
  switch (call.kind) {
    case "experiment": {
      const { query, ours } = QUESTIONS.experiment;
      const exposure =
        call.word === null ? query.exposure : { ...query.exposure, flagKey: call.word };
      return ours((await store.run({ ...query, exposure, asOf: call.asOf })).rows);
    }
    case "funnel":
      return QUESTIONS.funnel.ours((await store.run(QUESTIONS.funnel.query)).rows);
    case "retention":
      return QUESTIONS.retention.ours((await store.run(QUESTIONS.retention.query)).rows);
  }
}
