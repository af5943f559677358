import { Type } from "typebox";
import type { Static } from "typebox";

const Name = Type.String({ minLength: 1, maxLength: 200 });
const Description = Type.String({ maxLength: 5_000 });
const CarryOverDays = Type.Integer({
  minimum: 0,
  maximum: 365,
  description: "days for which a freed slot is given to nobody",
});

export const LayerKey = Type.String({ pattern: "^[a-z0-9][a-z0-9._-]{0,99}$" });

export const CreateLayerBody = Type.Object(
  {
    key: LayerKey,
    name: Name,
    description: Type.Optional(Description),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    carryOverDays: Type.Optional(CarryOverDays),
  },
  { additionalProperties: false },
);

export const EditLayerBody = Type.Partial(
  Type.Object({ name: Name, description: Description, carryOverDays: CarryOverDays }),
  { additionalProperties: false },
);

export const LayerSchema = Type.Object({
  id: Type.String(),
  key: Type.String(),
  name: Type.String(),
  description: Type.String(),
  unit: Type.String(),
  carryOverDays: Type.Integer(),
  version: Type.Integer(),
  createdAt: Type.String({ format: "date-time" }),
  archivedAt: Type.Union([Type.String({ format: "date-time" }), Type.Null()]),
});
export type LayerView = Static<typeof LayerSchema>;

const Text = Type.Union([Type.String(), Type.Null()]);

/** Who holds which parts of a layer in one environment, all 100,000 of them in order. */
export const LayerMapSchema = Type.Object({
  ...LayerSchema.properties,
  environment: Type.String(),
  heldShare: Type.Number(),
  quarantinedShare: Type.Number(),
  freeShare: Type.Number(),
  nextFreeAt: Type.Union([Type.String(), Type.Null()], {
    description: "when the next parts leave quarantine",
  }),
  slots: Type.Array(
    Type.Object({
      from: Type.Integer(),
      to: Type.Integer({ description: "not included" }),
      state: Type.Union([Type.Literal("held"), Type.Literal("quarantined"), Type.Literal("free")]),
      flagKey: Type.Union([Type.String(), Type.Null()], {
        description: "who holds it, or had it last",
      }),
      ruleId: Text,
      experimentId: Text,
      since: Text,
      quarantinedUntil: Text,
    }),
  ),
});
export type LayerMap = Static<typeof LayerMapSchema>;

export const LedgerEntrySchema = Type.Object({
  position: Type.Integer(),
  action: Type.Union([Type.Literal("taken"), Type.Literal("freed")]),
  from: Type.Integer(),
  to: Type.Integer(),
  flagKey: Type.String(),
  ruleId: Type.String(),
  experimentId: Text,
  revision: Type.Integer(),
  at: Type.String({ format: "date-time" }),
  quarantinedUntil: Text,
});
export type LedgerEntryView = Static<typeof LedgerEntrySchema>;
