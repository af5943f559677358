import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A value of `google.protobuf.Struct`: any JSON. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** What a field holds. A shape is another message; `map` has texts as keys. */
export type FieldType = "string" | "bool" | "double" | "int64" | "struct" | { readonly map: Shape };

export interface Field {
  readonly number: number;
  readonly name: string;
  readonly type: FieldType;
  /**
   * `implicit` is left out when it has its type's zero value, and read as that when it is left out;
   * `optional` says whether it was there. Members of a `oneof` count as optional.
   */
  readonly presence: "implicit" | "optional";
}

/** A protobuf message: its name in the published file and its fields. */
export interface Shape {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** A message as it is used here: by field name, absent fields left out. */
export type Message = Readonly<Record<string, unknown>>;

const WIRE: Readonly<Record<string, WireType>> = {
  string: WireType.LengthDelimited,
  bool: WireType.Varint,
  double: WireType.Bit64,
  int64: WireType.Varint,
  struct: WireType.LengthDelimited,
};

const ZERO: Readonly<Record<string, unknown>> = { string: "", bool: false, double: 0, int64: 0 };

/** Deeper contexts are refused: reading is recursive. */
const MAX_DEPTH = 60;

function wireOf(type: FieldType): WireType {
  return typeof type === "string"
    ? (WIRE[type] ?? WireType.LengthDelimited)
    : WireType.LengthDelimited;
}

// google.protobuf.Struct { map<string, Value> fields = 1 }
// Value { null_value = 1, number_value = 2, string_value = 3, bool_value = 4, struct_value = 5,
//   list_value = 6 }; ListValue { repeated Value values = 1 }

function writeValue(writer: BinaryWriter, value: unknown): void {
  if (typeof value === "number") writer.tag(2, WireType.Bit64).double(value);
  else if (typeof value === "string") writer.tag(3, WireType.LengthDelimited).string(value);
  else if (typeof value === "boolean") writer.tag(4, WireType.Varint).bool(value);
  else if (typeof value === "object") writeNested(writer, value);
  else writer.tag(1, WireType.Varint).int32(0);
}

function writeNested(writer: BinaryWriter, value: object | null): void {
  if (value === null) writer.tag(1, WireType.Varint).int32(0);
  else if (Array.isArray(value)) {
    writer.tag(6, WireType.LengthDelimited).fork();
    for (const item of value) {
      writer.tag(1, WireType.LengthDelimited).fork();
      writeValue(writer, item);
      writer.join();
    }
    writer.join();
  } else {
    writer.tag(5, WireType.LengthDelimited).fork();
    writeStruct(writer, value);
    writer.join();
  }
}

function writeStruct(writer: BinaryWriter, value: object): void {
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.LengthDelimited).fork();
    writeValue(writer, member);
    writer.join().join();
  }
}

/** Reads the fields of a nested message; `read` says whether it took the value. */
function readFields(
  reader: BinaryReader,
  length: number,
  read: (number: number, wire: WireType) => boolean,
): void {
  const end = reader.pos + length;
  if (end > reader.len) throw new RangeError("a message is cut off");
  while (reader.pos < end) {
    const [number, wire] = reader.tag();
    if (!read(number, wire)) reader.skip(wire, number);
  }
}

function readStruct(reader: BinaryReader, length: number, depth: number): JsonObject {
  if (depth > MAX_DEPTH) throw new RangeError("a structure is nested too deep");
  const members: [string, Json][] = [];
  readFields(reader, length, (number, wire) => {
    if (number !== 1 || wire !== WireType.LengthDelimited) return false;
    let name = "";
    let value: Json = null;
    readFields(reader, reader.uint32(), (inner, innerWire) => {
      if (innerWire !== WireType.LengthDelimited) return false;
      if (inner === 1) name = reader.string();
      else if (inner === 2) value = readValue(reader, reader.uint32(), depth + 1);
      else return false;
      return true;
    });
    members.push([name, value]);
    return true;
  });
  // Not by assignment: a member may be called `__proto__`.
  return Object.fromEntries(members);
}

const VALUE_WIRES: readonly WireType[] = [
  WireType.Varint,
  WireType.Varint,
  WireType.Bit64,
  WireType.LengthDelimited,
  WireType.Varint,
  WireType.LengthDelimited,
  WireType.LengthDelimited,
];

function readValue(reader: BinaryReader, length: number, depth: number): Json {
  if (depth > MAX_DEPTH) throw new RangeError("a structure is nested too deep");
  let value: Json = null;
  readFields(reader, length, (number, wire) => {
    if (VALUE_WIRES[number] !== wire) return false;
    if (number === 2) value = reader.double();
    else if (number === 3) value = reader.string();
    else if (number === 4) value = reader.bool();
    else if (number === 5) value = readStruct(reader, reader.uint32(), depth + 1);
    else if (number === 6) value = readList(reader, reader.uint32(), depth + 1);
    else return false;
    return true;
  });
  return value;
}

function readList(reader: BinaryReader, length: number, depth: number): readonly Json[] {
  const values: Json[] = [];
  readFields(reader, length, (number, wire) => {
    if (number !== 1 || wire !== WireType.LengthDelimited) return false;
    values.push(readValue(reader, reader.uint32(), depth + 1));
    return true;
  });
  return values;
}

function writeField(writer: BinaryWriter, field: Field, value: unknown): void {
  const { number, type } = field;
  if (typeof type !== "string") {
    if (typeof value !== "object" || value === null) return;
    for (const [key, message] of Object.entries(value)) {
      writer.tag(number, WireType.LengthDelimited).fork();
      writer.tag(1, WireType.LengthDelimited).string(key);
      writer.tag(2, WireType.LengthDelimited).bytes(encode(type.map, message));
      writer.join();
    }
    return;
  }
  const tagged = writer.tag(number, wireOf(type));
  if (type === "string") tagged.string(String(value));
  else if (type === "bool") tagged.bool(value === true);
  else if (type === "double") tagged.double(Number(value));
  else if (type === "int64") tagged.int64(int64Of(Number(value)));
  else {
    tagged.fork();
    if (typeof value === "object" && value !== null) writeStruct(writer, value);
    tagged.join();
  }
}

/** The nearest whole number that fits; a flag's value may be any number. */
function int64Of(value: number): string {
  if (Number.isNaN(value)) return "0";
  const limited = Math.min(Math.max(Math.trunc(value), -(2 ** 63)), 2 ** 63 - 1024);
  return BigInt(limited).toString();
}

/** The bytes of a message. Members that the shape does not name are left out. */
export function encode(shape: Shape, message: Message): Buffer {
  const writer = new BinaryWriter();
  for (const field of shape.fields) {
    const value = message[field.name];
    if (value === undefined || value === null) continue;
    const { presence, type } = field;
    const isZero = presence === "implicit" && typeof type === "string" && value === ZERO[type];
    if (!isZero) writeField(writer, field, value);
  }
  const bytes = writer.finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function readField(reader: BinaryReader, type: FieldType): unknown {
  switch (type) {
    case "string":
      return reader.string();
    case "bool":
      return reader.bool();
    case "double":
      return reader.double();
    case "int64":
      return Number(reader.int64());
    case "struct":
      return readStruct(reader, reader.uint32(), 0);
    default:
      return readEntry(reader, type.map);
  }
}

function readEntry(reader: BinaryReader, shape: Shape): readonly [string, Message] {
  let key = "";
  let message: Message = {};
  readFields(reader, reader.uint32(), (number, wire) => {
    if (wire !== WireType.LengthDelimited) return false;
    if (number === 1) key = reader.string();
    else if (number === 2) message = decode(shape, reader.bytes());
    else return false;
    return true;
  });
  return [key, message];
}

/**
 * The message in some bytes. Unknown fields are ignored, as protobuf has it.
 *
 * @throws RangeError or Error when the bytes are no such message
 */
export function decode(shape: Shape, bytes: Uint8Array): Message {
  const reader = new BinaryReader(bytes);
  const members = new Map<string, unknown>();
  for (const { name, type, presence } of shape.fields) {
    if (typeof type !== "string") members.set(name, {});
    else if (presence === "implicit") members.set(name, ZERO[type]);
  }
  readFields(reader, reader.len, (number, wire) => {
    const field = shape.fields.find((known) => known.number === number);
    if (field === undefined || wire !== wireOf(field.type)) return false;
    const value = readField(reader, field.type);
    const known = members.get(field.name);
    if (Array.isArray(value) && typeof known === "object") {
      members.set(field.name, { ...known, [String(value[0])]: value[1] });
    } else members.set(field.name, value);
    return true;
  });
  return Object.fromEntries(members);
}
