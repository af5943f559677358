import { Type } from "typebox";
import type { Static } from "typebox";

import { MAX_EDITS } from "./domain/index.ts";

const Instant = Type.String({ format: "date-time" });
const Count = Type.Integer({ minimum: 0 });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const EnvironmentKey = Type.String({ minLength: 1, maxLength: 100 });
const Pointer = Type.String({
  maxLength: 1000,
  description: "JSON pointer; * is every list entry",
});

export const EventEditSchema = Type.Union([
  Type.Object(
    { kind: Type.Literal("rename"), to: Type.String({ minLength: 1, maxLength: 512 }) },
    { additionalProperties: false },
  ),
  Type.Object(
    { kind: Type.Literal("move"), from: Pointer, to: Pointer },
    { additionalProperties: false },
  ),
  Type.Object(
    {
      kind: Type.Literal("convert"),
      path: Pointer,
      to: Type.Enum(["number", "text", "boolean"]),
    },
    { additionalProperties: false },
  ),
  Type.Object({ kind: Type.Literal("delete"), path: Pointer }, { additionalProperties: false }),
  Type.Object(
    { kind: Type.Literal("set"), path: Pointer, value: Type.Unknown() },
    { additionalProperties: false },
  ),
]);
export const EventEdits = Type.Array(EventEditSchema, { maxItems: MAX_EDITS });

export const BadGroupKey = Type.Object(
  {
    event: Type.String({ maxLength: 512 }),
    kind: Type.Enum(["invalid", "oversize", "plan"]),
    plan: Nullable(Type.String({ maxLength: 200 })),
    path: Type.String({ maxLength: 2000 }),
    reason: Type.String({ maxLength: 4000 }),
  },
  { additionalProperties: false, description: "what makes bad events one group" },
);
export type BadGroupKey = Static<typeof BadGroupKey>;

export const BadEventView = Type.Object({
  source: Type.String(),
  messageId: Type.String({ description: "bad:<message id of the client>" }),
  receivedAt: Instant,
  event: Type.String(),
  unit: Type.String(),
  kind: Type.String(),
  plan: Nullable(Type.String()),
  path: Type.String(),
  at: Type.String({ description: "JSON pointer into raw: exactly where" }),
  reason: Type.String(),
  dialect: Type.String(),
  raw: Type.Unknown({ description: "the event as sent" }),
});
export type BadEventView = Static<typeof BadEventView>;

export const BadGroupsQuery = Type.Object({
  environment: EnvironmentKey,
  from: Type.Optional(Instant),
  to: Type.Optional(Instant),
});

export const BadGroups = Type.Object({
  from: Instant,
  to: Instant,
  accepted: Type.Integer({ minimum: 0, description: "events accepted in the same time" }),
  bad: Type.Integer({ minimum: 0, description: "events that could not be accepted" }),
  groups: Type.Array(
    Type.Object({
      ...BadGroupKey.properties,
      events: Count,
      firstReceivedAt: Instant,
      lastReceivedAt: Instant,
      example: BadEventView,
    }),
  ),
  sql: Type.String(),
});
export type BadGroups = Static<typeof BadGroups>;

export const BadListBody = Type.Object(
  {
    environment: EnvironmentKey,
    group: BadGroupKey,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    cursor: Type.Optional(Type.String({ maxLength: 2000 })),
  },
  { additionalProperties: false },
);
export const BadEventPage = Type.Object({
  items: Type.Array(BadEventView),
  next: Nullable(Type.String()),
});
export type BadEventPage = Static<typeof BadEventPage>;

export const BadEventParams = Type.Object({
  source: Type.String({ maxLength: 200 }),
  messageId: Type.String({ maxLength: 600 }),
});
export const BadEventQuery = Type.Object({ environment: EnvironmentKey });

export const PreviewEditsBody = Type.Object(
  { environment: EnvironmentKey, group: BadGroupKey, edits: EventEdits },
  { additionalProperties: false },
);
const Fault = Type.Object({ path: Type.String(), reason: Type.String() });
export const EditsPreview = Type.Object({
  events: Type.Integer({ minimum: 0, description: "how many were tried" }),
  complete: Type.Boolean({ description: "false: the group has more" }),
  pass: Count,
  samples: Type.Array(
    Type.Object({
      messageId: Type.String(),
      before: Type.Unknown(),
      after: Type.Unknown(),
      fault: Nullable(Fault),
    }),
  ),
});
export type EditsPreview = Static<typeof EditsPreview>;

export const StartRunBody = Type.Object(
  {
    environment: EnvironmentKey,
    group: BadGroupKey,
    edits: Type.Optional(EventEdits),
  },
  { additionalProperties: false },
);
export const DismissBody = Type.Object(
  {
    environment: EnvironmentKey,
    group: BadGroupKey,
    reason: Type.String({ minLength: 3, maxLength: 1000 }),
  },
  { additionalProperties: false },
);
export const RunView = Type.Object({
  id: Type.String(),
  environment: Type.String(),
  action: Type.Enum(["replay", "dismiss"]),
  group: BadGroupKey,
  state: Type.Enum(["running", "done", "failed"]),
  total: Count,
  seen: Count,
  resolved: Count,
  stillBad: Count,
  failure: Nullable(Type.String()),
  reason: Nullable(Type.String()),
  createdAt: Instant,
  createdBy: Type.String(),
  finishedAt: Nullable(Instant),
});
export type RunView = Static<typeof RunView>;
export const RunList = Type.Object({ items: Type.Array(RunView) });

export const FixOneBody = Type.Object(
  {
    environment: EnvironmentKey,
    raw: Type.Unknown({ description: "the corrected event" }),
    dryRun: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
export const FixOneAnswer = Type.Object({
  outcome: Type.Enum(["replayed", "would-pass", "still-bad"]),
  fault: Nullable(Fault),
});
export type FixOneAnswer = Static<typeof FixOneAnswer>;

export const MappingBody = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 200 }),
    event: Type.String({ minLength: 1, maxLength: 512 }),
    environment: Nullable(EnvironmentKey),
    edits: EventEdits,
    endsAt: Instant,
  },
  { additionalProperties: false },
);
export const EditMappingBody = Type.Object(
  {
    title: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    edits: Type.Optional(EventEdits),
    endsAt: Type.Optional(Instant),
  },
  { additionalProperties: false },
);
export const MappingView = Type.Object({
  id: Type.String(),
  ...MappingBody.properties,
  active: Type.Boolean(),
  etag: Count,
  createdAt: Instant,
  createdBy: Type.String(),
});
export type MappingView = Static<typeof MappingView>;
export const MappingList = Type.Object({ items: Type.Array(MappingView) });
