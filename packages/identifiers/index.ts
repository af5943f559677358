const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const VERSION_7 = 0x70;
const VARIANT_RFC = 0x80;

/**
 * A time-ordered identifier, RFC 9562 version 7.
 *
 * @param unixMs  milliseconds since 1970, 0 to 2^48 - 1
 * @param random  10 random bytes; the caller chooses their source
 * @returns lower-case text form with dashes
 * @throws RangeError if the time does not fit 48 bits or fewer than 10 bytes are given
 */
export function uuidv7(unixMs: number, random: Uint8Array): string {
  if (!Number.isInteger(unixMs) || unixMs < 0 || unixMs >= 2 ** 48) {
    throw new RangeError("uuidv7 needs a whole number of milliseconds below 2^48");
  }
  if (random.length < 10) throw new RangeError("uuidv7 needs 10 random bytes");
  const bytes = new Uint8Array(16);
  for (let index = 5, rest = unixMs; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = VERSION_7 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = VARIANT_RFC | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}

/** Whether a text is a UUID in lower-case text form. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
