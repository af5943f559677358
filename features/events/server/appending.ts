import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { encodeEventsTo } from "../domain/index.ts";
import type { FlatEvent } from "../domain/index.ts";
import type { AppendOutcome, AppendRefusal } from "./append-outcome.ts";
import { scopesOf } from "./log/scopes.ts";
import type { LogLines, LogWriter } from "./log/writer.ts";
import { DIGEST_WORDS } from "./message-index/digests.ts";
import { HELD, NEW } from "./message-index/message-index.ts";
import type { Claim, MessageIndex } from "./message-index/message-index.ts";

type Appended = Result<readonly AppendOutcome[], AppendRefusal>;

/** Writes events to the log, each message once. */
export class Appender {
  readonly #index: MessageIndex;
  readonly #writer: LogWriter;

  constructor(index: MessageIndex, writer: LogWriter) {
    this.#index = index;
    this.#writer = writer;
  }

  /** @see EventStore.append */
  append(events: readonly FlatEvent[]): Promise<Appended> {
    const claim = this.#index.claim(events);
    if (claim.known === 0) return this.#writeAll(events, claim);
    // A copy waits for the calls that were under way before this one, never for a later one.
    const earlier = claim.known > claim.perhaps ? this.#index.earlierThan(claim) : [];
    return this.#writeNew(events, claim, Promise.all(earlier));
  }

  /** The usual call: all of its events are new. Holds on to none of them while the disk works. */
  #writeAll(events: readonly FlatEvent[], claim: Claim): Promise<Appended> {
    const outcomes = events.map((): AppendOutcome => "accepted");
    return this.#settled(claim, this.#writer.append(linesOf(events, claim.digests)), outcomes);
  }

  async #writeNew(
    events: readonly FlatEvent[],
    claim: Claim,
    earlier: Promise<unknown>,
  ): Promise<Appended> {
    try {
      if (claim.perhaps > 0) await this.#index.resolve(claim);
    } catch (cause) {
      this.#index.release(claim);
      return err({ kind: "disk-failing", reason: String(cause) });
    }
    const { states, digests } = claim;
    const fresh = events.filter((_, place) => states[place] === NEW);
    if (fresh.length === 0) this.#index.settle(claim);
    else {
      const writing = this.#writer.append(linesOf(fresh, digestsOfNew(claim)));
      const written = await this.#settled(claim, writing, null);
      if (!written.ok) return written;
    }
    // A copy is only as durable as its original, which may have been under way and have failed.
    if (states.includes(HELD)) await earlier;
    for (const [place, state] of states.entries()) {
      if (state === HELD && !(await this.#index.holds(digests, place))) {
        return err({ kind: "disk-failing", reason: "an earlier copy of an event was not written" });
      }
    }
    return ok(events.map((_, place) => (states[place] === NEW ? "accepted" : "duplicate")));
  }

  async #settled<T>(
    claim: Claim,
    writing: Promise<Result<void, AppendRefusal>>,
    outcome: T,
  ): Promise<Result<T, AppendRefusal>> {
    const written = await writing;
    if (written.ok) this.#index.settle(claim);
    else this.#index.release(claim);
    return written.ok ? ok(outcome) : written;
  }
}

function linesOf(events: readonly FlatEvent[], digests: Int32Array): LogLines {
  return {
    writeTo: (write) => encodeEventsTo(events, write),
    scopes: scopesOf(events),
    digests,
  };
}

function digestsOfNew({ digests, states }: Claim): Int32Array {
  const fresh = new Int32Array(states.filter((state) => state === NEW).length * DIGEST_WORDS);
  let at = 0;
  for (const [place, state] of states.entries()) {
    if (state !== NEW) continue;
    const from = place * DIGEST_WORDS;
    fresh.set(digests.subarray(from, from + DIGEST_WORDS), at);
    at += DIGEST_WORDS;
  }
  return fresh;
}
