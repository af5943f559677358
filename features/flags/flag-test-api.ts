import { Type } from "typebox";
import type { Static } from "typebox";

import { ConfigurationInputSchema } from "./api.ts";
import type { FlagTest } from "./domain/index.ts";

const Percent = Type.Number({ minimum: 0, exclusiveMaximum: 100 });
const NullableText = Type.Union([Type.String(), Type.Null()]);

const BucketInput = Type.Object(
  {
    rule: Type.Optional(Type.String({ description: "if several rules have buckets" })),
    exposure: Type.Optional(Percent),
    split: Type.Optional(Percent),
  },
  { additionalProperties: false, description: "a made-up unit at these percentages" },
);

/** An expectation as people write it. */
export const FlagTestInput = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    context: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    at: Type.Optional(Type.String({ format: "date-time", description: "now if absent" })),
    bucket: Type.Optional(BucketInput),
    expect: Type.Object(
      {
        variant: Type.Optional(NullableText),
        value: Type.Optional(
          Type.Union([
            Type.Boolean(),
            Type.String(),
            Type.Number(),
            Type.Record(Type.String(), Type.Unknown()),
          ]),
        ),
        rule: Type.Optional(NullableText),
      },
      { additionalProperties: false, minProperties: 1 },
    ),
  },
  { additionalProperties: false },
);
export type FlagTestInput = Static<typeof FlagTestInput>;

export const FlagTestsInput = Type.Array(FlagTestInput, { maxItems: 200 });

export const FlagTestsView = Type.Object({
  environment: Type.String(),
  tests: FlagTestsInput,
  draftVersion: Type.Integer({ minimum: 0, description: "for `If-Match` of the next edit" }),
});

export const RunFlagTestsBody = Type.Object(
  {
    configuration: Type.Optional(ConfigurationInputSchema),
    tests: Type.Optional(FlagTestsInput),
    /** What is tried: the draft, or what is in force. */
    of: Type.Optional(Type.Union([Type.Literal("draft"), Type.Literal("published")])),
  },
  { additionalProperties: false },
);

export const FlagTestRunSchema = Type.Object({
  key: Type.String(),
  environment: Type.String(),
  passed: Type.Boolean(),
  results: Type.Array(
    Type.Object({
      name: Type.String(),
      passed: Type.Boolean(),
      got: Type.Object({
        variant: NullableText,
        value: Type.Optional(Type.Unknown()),
        rule: NullableText,
        reason: Type.String(),
      }),
      differences: Type.Array(Type.String()),
      madeUpUnit: NullableText,
    }),
  ),
});
export type FlagTestRunView = Static<typeof FlagTestRunSchema>;

/** An expectation with everything said. */
export function toFlagTest({ name, context, at, bucket, expect }: FlagTestInput): FlagTest {
  return {
    name,
    context: context ?? {},
    at: at ?? null,
    bucket:
      bucket === undefined
        ? null
        : {
            rule: bucket.rule ?? null,
            exposure: bucket.exposure ?? null,
            split: bucket.split ?? null,
          },
    expect,
  };
}
