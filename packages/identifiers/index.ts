const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const VERSION_7 = 0x70;
const VARIANT_RFC = 0x80;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

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
  let text = "";
  for (let index = 0; index < bytes.length; index += 1) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += "-";
    text += HEX[bytes[index] ?? 0] ?? "";
  }
  return text;
}

/** Whether a text is a UUID in lower-case text form. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
