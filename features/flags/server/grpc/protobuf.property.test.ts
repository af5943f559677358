import assert from "node:assert/strict";
import { test } from "node:test";

import { fromBinary, toBinary, toJson, fromJson } from "@bufbuild/protobuf";
import type { JsonObject } from "@bufbuild/protobuf";
import { StructSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";

import { EVALUATION_V1, EVALUATION_V2, SYNC_V1 } from "./messages.ts";
import { decode, encode } from "./protobuf.ts";
import type { Field, Shape } from "./protobuf.ts";

const SERVICES = [SYNC_V1, EVALUATION_V1, EVALUATION_V2];
const SHAPES = SERVICES.flatMap(({ calls }) =>
  calls.flatMap(({ request, response }) => [request, response]),
);
const STRUCT: Shape = {
  name: "Holder",
  fields: [{ number: 1, name: "struct", type: "struct", presence: "optional" }],
};

const value = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("json"), { maxKeys: 4 }),
  ),
})).json;
const struct = fc.dictionary(fc.string(), value, { maxKeys: 6 });

function same(actual: unknown, expected: unknown): void {
  assert.equal(JSON.stringify(actual), JSON.stringify(expected));
}

test("structures are written and read as protobuf's own implementation does", () => {
  fc.assert(
    fc.property(struct, (made) => {
      const inner = toBinary(StructSchema, fromJson(StructSchema, made as JsonObject));
      const ours = encode(STRUCT, { struct: made });
      // Tag and length of the field that holds it come first.
      const body = ours.subarray(ours.length - inner.length);
      same(toJson(StructSchema, fromBinary(StructSchema, body)), made);
      same(decode(STRUCT, ours)["struct"], made);
    }),
    { numRuns: 500 },
  );
});

function memberOf({ type }: Field): fc.Arbitrary<unknown> {
  switch (type) {
    case "string":
      return fc.string();
    case "bool":
      return fc.boolean();
    case "double":
      return fc.double({ noNaN: true });
    case "int64":
      return fc.maxSafeInteger();
    case "struct":
      return struct;
    default:
      return fc.dictionary(fc.string(), messageOf(type.map), { maxKeys: 3 });
  }
}

function messageOf({ fields }: Shape): fc.Arbitrary<Record<string, unknown>> {
  const members = fields.map((field) => [field.name, memberOf(field)] as const);
  const required = fields.filter(({ presence }) => presence === "implicit").map(({ name }) => name);
  return fc.record(Object.fromEntries(members), { requiredKeys: required as never });
}

test("every message is read as it was written", () => {
  for (const shape of SHAPES) {
    fc.assert(
      fc.property(messageOf(shape), (made) => {
        const read = decode(shape, encode(shape, made));
        for (const { name } of shape.fields) same(read[name], made[name]);
      }),
      { numRuns: 100 },
    );
  }
});

test("any bytes are a message or an error, and deep structures are refused", () => {
  fc.assert(
    fc.property(fc.constantFrom(...SHAPES), fc.uint8Array({ maxLength: 200 }), (shape, bytes) => {
      try {
        decode(shape, bytes);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
    { numRuns: 5_000 },
  );
  let deep: unknown = 1;
  for (let depth = 0; depth < 200; depth += 1) deep = { deep };
  assert.throws(() => decode(STRUCT, encode(STRUCT, { struct: deep })), /too deep/);
});
