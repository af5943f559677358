import { headersOf, JSON_HEADERS, waitMs } from "./io.ts";
import type { ClientIo, ClientPlace } from "./io.ts";

const ATTEMPTS = 4;
/** A thousand clients that hear of a change at once do not answer at once, while others still wait for it. */
export const SPREAD_MS = 150;

/** Says which revision is evaluated with: one call under way, and only the newest waits. */
export class Acknowledger {
  readonly #place: ClientPlace;
  readonly #io: ClientIo;
  #stream: string | null = null;
  #waiting: number | null = null;
  #isBusy = false;

  constructor(place: ClientPlace, io: ClientIo) {
    this.#place = place;
    this.#io = io;
  }

  /** @param stream  what the server named in its greeting */
  useStream(stream: string): void {
    this.#stream = stream;
  }

  acknowledge(revision: number): void {
    this.#waiting = revision;
    if (!this.#isBusy) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isBusy = true;
    await this.#wait(SPREAD_MS * this.#io.random());
    for (let failures = 0; this.#waiting !== null && failures < ATTEMPTS;) {
      const revision = this.#waiting;
      if (await this.#sendOnce(revision)) {
        failures = 0;
        if (this.#waiting === revision) this.#waiting = null;
      } else {
        failures += 1;
        await this.#wait(waitMs(failures, this.#io.random()));
      }
    }
    // A revision that could not be told is told with the next one.
    this.#waiting = null;
    this.#isBusy = false;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#io.after(ms, resolve));
  }

  async #sendOnce(revision: number): Promise<boolean> {
    const stream = this.#stream;
    if (stream === null) return true;
    try {
      const { status } = await this.#io.fetch(`${this.#place.url}/flags/v1/acknowledgements`, {
        method: "POST",
        headers: headersOf(this.#place, JSON_HEADERS),
        body: JSON.stringify({ acknowledgements: [{ stream, revision }] }),
      });
      return status < 500 && status !== 429;
    } catch {
      return false;
    }
  }
}
