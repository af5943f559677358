/** What the comparison with another vendor takes and gives. */
import { Type } from "typebox";
import type { Static } from "typebox";

const Instant = Type.String({ format: "date-time" });
const Count = Type.Integer({ minimum: 0 });
const Text = Type.String({ minLength: 1, maxLength: 512 });

export const ParityQuery = Type.Object({
  environment: Type.String({ minLength: 1, maxLength: 100 }),
  from: Instant,
  to: Instant,
  format: Type.Optional(Type.Union([Type.Literal("ndjson"), Type.Literal("csv")])),
  source: Type.Optional(
    Type.String({ maxLength: 512, description: "compare with one source instead of all" }),
  ),
  messageId: Type.Optional(Text),
  event: Type.Optional(Text),
  timestamp: Type.Optional(Text),
  properties: Type.Optional(Text),
});
export type ParityQuery = Static<typeof ParityQuery>;

const Types = Type.Array(Type.String());

export const ParityReportView = Type.Object({
  environment: Type.String(),
  from: Instant,
  to: Instant,
  comparedAt: Instant,
  comparedBy: Type.String(),
  verdict: Type.Object({
    kind: Type.Union([
      Type.Literal("equal"),
      Type.Literal("close"),
      Type.Literal("apart"),
      Type.Literal("nothing"),
    ]),
    sentence: Type.String(),
  }),
  here: Count,
  there: Count,
  matched: Count,
  missingHere: Count,
  missingThere: Count,
  duplicatesThere: Count,
  outsideThere: Count,
  unreadableThere: Count,
  events: Type.Array(
    Type.Object({
      event: Type.String(),
      here: Count,
      there: Count,
      matched: Count,
      missingHere: Count,
      missingThere: Count,
      samplesMissingHere: Type.Array(Type.String()),
      samplesMissingThere: Type.Array(Type.String()),
      hours: Type.Array(
        Type.Object({
          at: Instant,
          here: Count,
          there: Count,
          missingHere: Count,
          missingThere: Count,
        }),
      ),
      schema: Type.Array(
        Type.Object({
          property: Type.String(),
          kind: Type.Union([
            Type.Literal("only-here"),
            Type.Literal("only-there"),
            Type.Literal("types-differ"),
          ]),
          here: Types,
          there: Types,
          hours: Count,
          firstAt: Instant,
          lastAt: Instant,
        }),
      ),
    }),
  ),
});
export type ParityReportView = Static<typeof ParityReportView>;

export const ParityLatest = Type.Object({
  report: Type.Union([ParityReportView, Type.Null()], {
    description: "the last comparison of the environment; null before the first",
  }),
});
export type ParityLatest = Static<typeof ParityLatest>;
