/** Larger buffers are given back after their group. */
const KEPT_BYTES = 4 * 1024 * 1024;
const FIRST_BYTES = 256 * 1024;
/** UTF-8 bytes that one UTF-16 unit can need. */
const MOST_BYTES_PER_UNIT = 3;

/**
 * The bytes of one group, encoded as soon as they arrive: the texts are garbage at once, and the
 * memory is used again by the next group but one.
 */
export class GroupBuffer {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** May be handed on as a function. */
  readonly add = (text: string): void => {
    const most = this.#length + text.length * MOST_BYTES_PER_UNIT;
    if (most > this.#buffer.length) this.#reserve(this.#length + Buffer.byteLength(text));
    this.#length += this.#buffer.write(text, this.#length, "utf8");
  };

  /** A view that is good until `clear`. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.#buffer.length > KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}
