/** The fields of a protobuf message by number, each with its values in the order of the bytes. */
export type WireMessage = ReadonlyMap<number, readonly WireValue[]>;
export type WireValue = bigint | number | Uint8Array;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/**
 * Reads protobuf without its schema: written after the specification of the wire format and not with the
 * library that wrote the bytes, so that a test which uses it is a second opinion.
 *
 * @throws RangeError for bytes that are no message
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function readWireMessage(bytes: Uint8Array): WireMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = new Map<number, WireValue[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const value = (kind: number): WireValue => {
    switch (kind) {
      case VARINT:
        return varint();
      case FIXED64:
        at += 8;
        return view.getBigUint64(at - 8, true);
      case FIXED32:
        at += 4;
        return view.getUint32(at - 4, true);
      case BYTES: {
        const length = Number(varint());
        if (at + length > bytes.length) throw new RangeError("a field ends behind its message");
        at += length;
        return bytes.subarray(at - length, at);
      }
      default:
        throw new RangeError(`wire type ${kind} is not known`);
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    fields.set(field, [...(fields.get(field) ?? []), value(tag & 7)]);
  }
  return fields;
}

/** The messages in a field. */
export function messagesIn(message: WireMessage, field: number): readonly WireMessage[] {
  return bytesIn(message, field).map(readWireMessage);
}

/** The texts or byte strings in a field. */
export function bytesIn(message: WireMessage, field: number): readonly Uint8Array[] {
  return (message.get(field) ?? []).filter((value) => value instanceof Uint8Array);
}

/** The first text in a field; empty if there is none, as in protobuf. */
export function textIn(message: WireMessage, field: number): string {
  return Buffer.from(bytesIn(message, field)[0] ?? []).toString("utf8");
}

/** The first bytes in a field, as hexadecimal digits. */
export function hexIn(message: WireMessage, field: number): string {
  return Buffer.from(bytesIn(message, field)[0] ?? []).toString("hex");
}

/** The first integer in a field; 0 if there is none. */
export function integerIn(message: WireMessage, field: number): number {
  const [value] = message.get(field) ?? [];
  return typeof value === "bigint" || typeof value === "number" ? Number(value) : 0;
}

/** The first 64-bit float in a field; null if there is none. */
export function doubleIn(message: WireMessage, field: number): number | null {
  const [value] = message.get(field) ?? [];
  if (typeof value !== "bigint") return null;
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value);
  return view.getFloat64(0);
}
