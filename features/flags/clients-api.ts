import { Type } from "typebox";
import type { Static } from "typebox";

const ProtocolSchema = Type.Union([
  Type.Literal("sdk"),
  Type.Literal("ofrep-sse"),
  Type.Literal("flagd-sync"),
  Type.Literal("flagd-evaluation"),
]);
const Share = Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]);
const Milliseconds = Type.Union([Type.Number({ minimum: 0 }), Type.Null()]);
const Instant = Type.Union([Type.String({ format: "date-time" }), Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

/** Connected clients over all nodes. */
export const ClientsSchema = Type.Object({
  revision: Type.Integer({ description: "what this node has in force" }),
  connected: Count,
  items: Type.Array(
    Type.Object({
      protocol: ProtocolSchema,
      name: Type.String(),
      version: Type.String(),
      revision: Type.Integer({ description: "acknowledged by SDKs, delivered to the others" }),
      clients: Count,
    }),
  ),
});
export type Clients = Static<typeof ClientsSchema>;

const ProtocolReceiptsSchema = Type.Object({
  expected: Count,
  delivered: Count,
  acknowledged: Count,
  left: Count,
  deliveredP50Ms: Milliseconds,
  deliveredP99Ms: Milliseconds,
});

/** How far a revision has come; durations are between clocks of servers. */
export const ReceiptStatusSchema = Type.Object({
  revision: Type.Integer(),
  publishedAt: Instant,
  connected: Count,
  delivered: Count,
  acknowledged: Count,
  expected: Type.Integer({ description: "SDK clients that listened and have not left without it" }),
  share: Share,
  p50Ms: Milliseconds,
  p99Ms: Milliseconds,
  firstAt: Instant,
  lastMs: Milliseconds,
  byProtocol: Type.Partial(
    Type.Object({
      sdk: ProtocolReceiptsSchema,
      "ofrep-sse": ProtocolReceiptsSchema,
      "flagd-sync": ProtocolReceiptsSchema,
      "flagd-evaluation": ProtocolReceiptsSchema,
    }),
  ),
});
export type ReceiptStatusView = Static<typeof ReceiptStatusSchema>;

/** Which bucketing the kinds of clients that evaluate by themselves really run. */
export const ParitySchema = Type.Object({
  agrees: Type.Boolean(),
  items: Type.Array(
    Type.Object({
      protocol: ProtocolSchema,
      name: Type.String(),
      version: Type.String(),
      bucketing: Type.String(),
      agrees: Type.Boolean(),
      clients: Count,
      reportedAt: Instant,
    }),
  ),
});
export type Parity = Static<typeof ParitySchema>;
