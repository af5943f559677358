interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

interface Range extends Address {
  readonly prefix: number;
}

const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

function parseV4(source: string): bigint | null {
  const parts = source.split(".");
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part) && Number(part) <= 255)) {
    return null;
  }
  return parts.reduce((bits, part) => bits * 256n + BigInt(part), 0n);
}

/** Rewrites a trailing `1.2.3.4` as two groups. */
function withoutDots(source: string): string | null {
  const at = source.lastIndexOf(":");
  if (!source.includes(".")) return source;
  const tail = parseV4(source.slice(at + 1));
  if (tail === null) return null;
  return `${source.slice(0, at + 1)}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
}

function parseV6(source: string): bigint | null {
  const plain = withoutDots(source);
  if (plain === null || !plain.includes(":")) return null;
  const halves = plain.split("::");
  const [head = [], tail = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const absent = 8 - head.length - tail.length;
  if (halves.length > 2 || (halves.length === 2 ? absent < 1 : absent !== 0)) return null;
  const groups = [...head, ...Array.from({ length: absent }, () => "0"), ...tail];
  if (!groups.every((group) => GROUP.test(group))) return null;
  return groups.reduce((bits, group) => bits * 65_536n + BigInt(`0x${group}`), 0n);
}

function parseAddress(source: string): Address | null {
  const four = parseV4(source);
  if (four !== null) return { family: 4, bits: four };
  const six = parseV6(source);
  return six === null ? null : { family: 6, bits: six };
}

/** Reads `address` or `address/prefix`; null for everything else. */
export function parseRange(source: string): Range | null {
  const [address = "", prefix, ...others] = source.split("/");
  const parsed = parseAddress(address);
  if (parsed === null || others.length > 0) return null;
  const width = parsed.family === 4 ? 32 : 128;
  if (prefix === undefined) return { ...parsed, prefix: width };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > width) return null;
  return { ...parsed, prefix: Number(prefix) };
}

/** Whether the address, which may itself be a range, lies within the other range. */
export function within(inner: Range, outer: Range): boolean {
  if (inner.family !== outer.family || inner.prefix < outer.prefix) return false;
  const shift = BigInt((outer.family === 4 ? 32 : 128) - outer.prefix);
  return inner.bits >> shift === outer.bits >> shift;
}
