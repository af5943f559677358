/** What an erasure would remove, before anybody decides. */
import { Type } from "typebox";
import type { Static } from "typebox";

const Count = Type.Integer({ minimum: 0 });

export const ErasurePreviewBody = Type.Object(
  {
    identifiers: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
      minItems: 1,
      maxItems: 100,
    }),
  },
  { additionalProperties: false },
);

export const ErasurePreview = Type.Object({
  events: Count,
  atLeast: Type.Boolean({ description: "there are more than were counted" }),
  environments: Type.Array(
    Type.Object({
      environment: Type.String(),
      events: Count,
      names: Type.Array(Type.Object({ name: Type.String(), events: Count })),
      firstAt: Type.String({ format: "date-time" }),
      lastAt: Type.String({ format: "date-time" }),
    }),
  ),
  /** Identifiers that came with the given ones and were not given. */
  alsoKnownAs: Type.Array(Type.String()),
});
export type ErasurePreview = Static<typeof ErasurePreview>;
