import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import fc from "fast-check";

import { disk } from "../log/log-files.ts";
import { sampleEvent } from "../sample-events.ts";
import { NEW } from "./message-index.ts";
import type { Claim, MessageIndex } from "./message-index.ts";
import { openMessageIndex } from "./open-message-index.ts";

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 5);

/** Few ids, so that they meet; some of them are wide. */
const messageId = fc
  .integer({ min: 0, max: 60 })
  .map((id) => (id % 7 === 0 ? `ö\u0100${id}` : `m${id}`));
const messageIds = fc.array(messageId, { minLength: 1, maxLength: 12 });

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("write" as const), messageIds }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("fail" as const), messageIds }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("seal" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("die" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      days: fc.integer({ min: 1, max: 9 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The index with the log that it needs, and a plain list of what was acknowledged. */
class Model {
  readonly #folder: string;
  #index: MessageIndex;
  readonly #clock: { now: number };
  #log = 0;
  /** Durable lines of log files that are not recorded, by path. */
  #lines = new Map<string, string[]>();
  /** When each id was last recorded, or will be at the earliest. */
  readonly #storedAt = new Map<string, number>();

  private constructor(folder: string, clock: { now: number }, index: MessageIndex) {
    this.#folder = folder;
    this.#clock = clock;
    this.#index = index;
  }

  static async open(folder: string): Promise<Model> {
    const clock = { now: START };
    return new Model(folder, clock, await openIndex(folder, clock));
  }

  async perform(next: Step): Promise<void> {
    if (next.kind === "write") await this.#write(next.messageIds, true);
    else if (next.kind === "fail") await this.#write(next.messageIds, false);
    else if (next.kind === "seal") await this.#seal();
    else if (next.kind === "die") await this.#die();
    else this.#clock.now += next.days * DAY_MS;
  }

  async #write(ids: readonly string[], succeeds: boolean): Promise<void> {
    const claim = await this.#claim(ids);
    const fresh = ids.filter((_, place) => claim.states[place] === NEW);
    for (const id of new Set(ids)) this.#check(id, !fresh.includes(id));
    if (!succeeds) {
      this.#index.release(claim);
      return;
    }
    const digests = claim.digests.filter((_, word) => claim.states[word >> 2] === NEW);
    const path = `log-${this.#log}`;
    if (fresh.length > 0) this.#index.noteDurable(path, digests);
    this.#index.settle(claim);
    this.#lines.set(path, [...(this.#lines.get(path) ?? []), ...fresh]);
    for (const id of fresh) this.#storedAt.set(id, this.#clock.now);
  }

  async #claim(ids: readonly string[]): Promise<Claim> {
    const claim = this.#index.claim(ids.map((id) => sampleEvent({ messageId: id })));
    if (claim.perhaps > 0) await this.#index.resolve(claim);
    return claim;
  }

  #check(id: string, isKnown: boolean): void {
    const storedAt = this.#storedAt.get(id);
    if (storedAt === undefined) assert.equal(isKnown, false, `${id} was never stored`);
    else if (this.#clock.now - storedAt <= 30 * DAY_MS)
      assert.equal(isKnown, true, `${id} is forgotten`);
  }

  async #seal(): Promise<void> {
    const path = `log-${this.#log}`;
    this.#log += 1;
    await this.#index.record(path);
    for (const id of this.#lines.get(path) ?? []) this.#storedAt.set(id, this.#clock.now);
    this.#lines.delete(path);
  }

  /** What a killed process leaves: journal, runs and log files. */
  async #die(): Promise<void> {
    await this.#index.close();
    this.#index = await openIndex(this.#folder, this.#clock);
    for (const [path, ids] of this.#lines) {
      this.#index.takeOver(
        path,
        ids.map((id) => sampleEvent({ messageId: id })),
      );
    }
  }

  close(): Promise<void> {
    return this.#index.close();
  }
}

function openIndex(folder: string, clock: { readonly now: number }): Promise<MessageIndex> {
  const limits = { idsInMemory: 10, filterBytes: 100 };
  return openMessageIndex(
    { folder, disk, now: () => clock.now, ...limits },
    { messageIds: async () => null },
  );
}

test("an id is known exactly as long as a plain list would know it, through failures and deaths", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const folder = await mkdtemp(join(tmpdir(), "paceline-index-"));
      const model = await Model.open(folder);
      try {
        for (const next of steps) await model.perform(next);
      } finally {
        await model.close();
        await rm(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
});
