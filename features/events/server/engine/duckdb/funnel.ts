import { MAX_FUNNEL_STEPS } from "../../../domain/index.ts";
import type { FunnelQuery } from "../../../domain/index.ts";
import type { CompiledQuery } from "../plan.ts";
import { eventsOf, happened, inScope, propertyText, selected } from "./fragments.ts";
import { exposedUnits, NAMED_SPLIT, topValues } from "./split.ts";
import { Parameters } from "./statement.ts";
import type { EventFiles } from "./statement.ts";

/**
 * Every step joins its events to the units that reached the step before, so each step reads only the
 * events of its own name, and what is kept is one row a unit.
 *
 * @see FunnelQuery
 * @throws RangeError for fewer than 2 or more than 12 steps
 */
export function compileFunnel(query: FunnelQuery, files: EventFiles): CompiledQuery {
  const { steps, split } = query;
  if (steps.length < 2 || steps.length > MAX_FUNNEL_STEPS) {
    throw new RangeError(`a funnel has 2 to ${MAX_FUNNEL_STEPS} steps`);
  }
  const parameters = new Parameters();
  const source = eventsOf(files, parameters);
  const windowMs = parameters.instant(query.windowMs);
  const ctes: string[] = [];
  if (split?.by === "variant") ctes.push(exposedUnits(query, split, source, parameters));
  ctes.push(...entry(query, source, parameters));
  for (const [step, selection] of steps.entries()) {
    if (step === 0) continue;
    const columns = [...Array(step).keys()].map((place) => `any_value(p.at${place}) AS at${place}`);
    ctes.push(`step${step} AS MATERIALIZED (
  SELECT p.unit, any_value(p.split) AS split, any_value(p.other) AS other,
    ${columns.join(", ")}, min(s.occurred_at) AS at${step}
  FROM ${source} JOIN step${step - 1} AS p ON p.unit = s.unit
  WHERE ${inScope(query, parameters)} AND ${selected(selection, parameters)}
    AND s.occurred_at >= ${parameters.instant(query.from)}
    AND s.occurred_at >= p.at${step - 1} AND s.occurred_at < p.at0 + ${windowMs}${afterSame(query, step)}
  GROUP BY p.unit
)`);
  }
  const text = `
WITH ${ctes.join(", ")}
${steps.map((_, step) => reached(step)).join("\nUNION ALL\n")}
ORDER BY other, split, step, delay_bin`;
  return { text, parameters: parameters.list };
}

function entry(query: FunnelQuery, source: string, parameters: Parameters): string[] {
  const { split, steps } = query;
  const [first] = steps;
  if (first === undefined) return [];
  const conditions = `${inScope(query, parameters)} AND ${selected(first, parameters)}
    AND ${happened(query.from, query.to, parameters)}`;
  if (split === undefined) {
    return [
      `step0 AS MATERIALIZED (
  SELECT s.unit, NULL::VARCHAR AS split, false AS other, min(s.occurred_at) AS at0
  FROM ${source} WHERE ${conditions} GROUP BY s.unit
)`,
    ];
  }
  if (split.by === "variant") {
    return [
      `step0 AS MATERIALIZED (
  SELECT s.unit, any_value(f.variant) AS split, false AS other, min(s.occurred_at) AS at0
  FROM ${source} JOIN exposed AS f ON f.unit = s.unit
  WHERE ${conditions} AND s.occurred_at >= f.exposed_at
  GROUP BY s.unit
)`,
    ];
  }
  // Of two entries at one instant the lesser value counts; one without the property comes last.
  return [
    `entry AS MATERIALIZED (
  SELECT s.unit, min(s.occurred_at) AS at0,
    arg_min_null(${propertyText(split.property, parameters)}, {'at': s.occurred_at, 'value': ${propertyText(split.property, parameters)}}) AS split
  FROM ${source} WHERE ${conditions} GROUP BY s.unit
)`,
    topValues(split, "entry", parameters),
    `step0 AS MATERIALIZED (
  SELECT r.unit, ${NAMED_SPLIT}, r.at0
  FROM entry AS r LEFT JOIN top AS t ON t.split = r.split
)`,
  ];
}

/** One event is not two steps: after the last earlier step that selects the same events. */
function afterSame(query: FunnelQuery, step: number): string {
  const own = JSON.stringify(query.steps[step]);
  const same = query.steps.findLastIndex(
    (selection, place) => place < step && JSON.stringify(selection) === own,
  );
  return same === -1 ? "" : ` AND s.occurred_at > p.at${same}`;
}

/** The bins of `delayBin`, in whole numbers: an octave and its sixteenth. */
function reached(step: number): string {
  if (step === 0) {
    return `SELECT p.split, p.other, 0 AS step, NULL::BIGINT AS delay_bin, count(*) AS units
FROM step0 AS p GROUP BY p.split, p.other`;
  }
  return `SELECT d.split, d.other, ${step} AS step,
  CASE WHEN d.delay < 1 THEN -1
    ELSE d.octave * 16 + ((d.delay - (1::BIGINT << d.octave)) * 16) // (1::BIGINT << d.octave) END AS delay_bin,
  count(*) AS units
FROM (
  SELECT p.split, p.other, p.at${step} - p.at${step - 1} AS delay,
    floor(log2(greatest(p.at${step} - p.at${step - 1}, 1)))::BIGINT AS octave
  FROM step${step} AS p
) AS d GROUP BY d.split, d.other, delay_bin`;
}
