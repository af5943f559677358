import { md5 } from "@noble/hashes/legacy.js";

const encoder = new TextEncoder();

/**
 * Flagsmith's percentage of several ids: the MD5 of the ids with commas between, modulo 9,999.
 * The full hundred is hashed again with the ids twice, so that 100 is never reached.
 *
 * @returns 0 (included) to 100 (excluded)
 */
export function percentageOf(ids: readonly string[]): number {
  for (let copies = 1; ; copies += 1) {
    const source = Array.from({ length: copies }, () => ids.join(",")).join(",");
    let remainder = 0;
    for (const byte of md5(encoder.encode(source))) remainder = (remainder * 256 + byte) % 9_999;
    const percentage = (remainder / 9_998) * 100;
    if (percentage < 100) return percentage;
  }
}
