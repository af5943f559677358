import type { FindQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, inScope, oneOf } from "./fragments.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

/** @see FindQuery */
export function compileFind(query: FindQuery, files: EventFiles): CompiledQuery {
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const { identifiers, after } = query;
  const who = ["s.unit", "s.user_id", "s.anonymous_id"].map((column) =>
    oneOf(column, identifiers, parameters),
  );
  const conditions = [
    inScope(query, parameters),
    `(${who.join(" OR ")})`,
    ...(after === undefined
      ? []
      : [
          `(s.received_at, s.source, s.message_id) > (${parameters.instant(after.receivedAt)}, ${parameters.bind(after.source)}, ${parameters.bind(after.messageId)})`,
        ]),
  ];
  const text = `
SELECT s.workspace, s.environment, s.source, s.message_id, s.type, s.event, s.unit, s.user_id,
  s.anonymous_id, s.occurred_at, s.client_timestamp, s.sent_at, s.received_at, s.experiment_id,
  s.flag_key, s.revision, s.variant, s.properties::VARCHAR AS properties, s.context::VARCHAR AS context
FROM ${source}
WHERE ${conditions.join(" AND ")}
ORDER BY s.received_at, s.source, s.message_id
LIMIT ${parameters.bind(query.limit)}::BIGINT`;
  return { text, parameters: parameters.list };
}
