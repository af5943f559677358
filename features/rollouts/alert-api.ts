import { Type } from "typebox";
import type { Static } from "typebox";

const Labels = Type.Record(Type.String({ maxLength: 1_000 }), Type.String({ maxLength: 4_000 }), {
  maxProperties: 100,
});
const Instant = Type.String({ format: "date-time" });

/**
 * Alertmanager's webhook body, version 4. Members that guards do not need are not looked at, so that
 * what it will send one day is taken as well.
 */
export const AlertmanagerBody = Type.Object({
  version: Type.Literal("4"),
  alerts: Type.Array(
    Type.Object({
      status: Type.Union([Type.Literal("firing"), Type.Literal("resolved")]),
      labels: Labels,
      annotations: Type.Optional(Labels),
      startsAt: Type.Optional(Instant),
      endsAt: Type.Optional(Instant),
      fingerprint: Type.Optional(Type.String({ maxLength: 200 })),
    }),
    { maxItems: 1_000 },
  ),
});

export const AlertsReceivedSchema = Type.Object({
  received: Type.Integer(),
  changed: Type.Integer({ description: "alerts that began to fire, or ended, by it" }),
});

export const CreateAlertReceiverBody = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
);

const Nullable = Type.Union([Instant, Type.Null()]);

export const AlertReceiverSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  createdBy: Type.String(),
  createdAt: Instant,
  lastUsedAt: Nullable,
  revokedAt: Nullable,
});

export const NewAlertReceiverSchema = Type.Object({
  receiver: AlertReceiverSchema,
  path: Type.String({ description: "where to send alerts; shown once, the token is not kept" }),
});

export const AlertSchema = Type.Object({
  receiverId: Type.String(),
  fingerprint: Type.String(),
  status: Type.Union([Type.Literal("firing"), Type.Literal("resolved")]),
  labels: Type.Record(Type.String(), Type.String()),
  annotations: Type.Record(Type.String(), Type.String()),
  startsAt: Instant,
  endsAt: Nullable,
  receivedAt: Instant,
});

export type AlertReceiverView = Static<typeof AlertReceiverSchema>;
export type NewAlertReceiver = Static<typeof NewAlertReceiverSchema>;
export type AlertView = Static<typeof AlertSchema>;
