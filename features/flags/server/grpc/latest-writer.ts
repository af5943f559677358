/** A stream to one reader; `done` is called when the chunk has left, or will never leave. */
export interface ChunkSink {
  write(chunk: Buffer, done: () => void): unknown;
}

/**
 * Sends to one reader only what is newest. While a chunk is under way, what is offered replaces what
 * waits: a reader that is slow skips revisions, and costs two chunks whatever it does.
 */
export class LatestWriter<T> {
  readonly #sink: ChunkSink;
  readonly #encode: (value: T) => Buffer;
  readonly #merge: (waiting: T, newer: T) => T;
  readonly #sent: (value: T) => void;
  #waiting: { readonly value: T } | null = null;
  #isBusy = false;

  /**
   * @param merge  makes one of what waits and what comes after it
   * @param sent   told of each value that has left
   */
  constructor(
    sink: ChunkSink,
    encode: (value: T) => Buffer,
    merge: (waiting: T, newer: T) => T,
    sent: (value: T) => void,
  ) {
    this.#sink = sink;
    this.#encode = encode;
    this.#merge = merge;
    this.#sent = sent;
  }

  /** Whether the reader has not taken the last chunk yet. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  offer(value: T): void {
    const merged = this.#waiting === null ? value : this.#merge(this.#waiting.value, value);
    this.#waiting = { value: merged };
    if (!this.#isBusy) this.#send();
  }

  #send(): void {
    if (this.#waiting === null) return;
    const { value } = this.#waiting;
    this.#waiting = null;
    this.#isBusy = true;
    this.#sink.write(this.#encode(value), () => {
      this.#isBusy = false;
      this.#sent(value);
      this.#send();
    });
  }
}
