/** Work of one piece, as large as `size` says. */
interface Piece {
  readonly size: number;
  readonly work: () => void;
}

/**
 * Spreads work over turns of the event loop: no more is begun in a turn when `most` is reached, the
 * rest in the next ones, in the order in which it came. Between two turns the loop sees what else has
 * happened: requests that the disk has made durable are answered, and their clients' next ones read,
 * while there is still work to do. Otherwise all wait for the disk, then all for the processor.
 */
export class Turns {
  readonly #most: number;
  #waiting: Piece[] = [];
  #isScheduled = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** Runs a piece after the present turn, or after a later one when there is too much for one. */
  handOn(size: number, work: () => void): void {
    this.#waiting.push({ size, work });
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    let done = 0;
    let size = 0;
    for (const piece of this.#waiting) {
      if (size >= this.#most) break;
      size += piece.size;
      done += 1;
      piece.work();
    }
    this.#waiting = this.#waiting.slice(done);
    this.#isScheduled = this.#waiting.length > 0;
    // A turn of the loop in between, for what the pieces have asked it for.
    if (this.#isScheduled) setImmediate(() => setImmediate(() => this.#turn()));
  }
}
