import type { PropertySplit, QueryScope, VariantSplit } from "../../../domain/index.ts";
import { exposuresOf, inScope } from "./fragments.ts";
import type { Parameters } from "./statement.ts";

/**
 * Units that saw one variant only since `split.from`, with the instant of their first exposure.
 * Two variants at one instant are two variants, so no order between them is needed.
 */
export function exposedUnits(
  query: QueryScope,
  split: VariantSplit,
  source: string,
  parameters: Parameters,
): string {
  return `exposed AS MATERIALIZED (
  SELECT s.unit, min(s.variant) AS variant, min(s.occurred_at) AS exposed_at
  FROM ${source}
  WHERE ${inScope(query, parameters)} AND ${exposuresOf(split.exposure, parameters)}
    AND s.occurred_at >= ${parameters.instant(split.from)}
  GROUP BY s.unit HAVING min(s.variant) = max(s.variant)
)`;
}

/** The most frequent values of `split` in `rows`, for keeping their names. */
export function topValues(split: PropertySplit, rows: string, parameters: Parameters): string {
  return `top AS MATERIALIZED (
  SELECT r.split FROM ${rows} AS r WHERE r.split IS NOT NULL
  GROUP BY r.split ORDER BY count(*) DESC, r.split LIMIT ${parameters.bind(split.top)}::BIGINT
)`;
}

/** Columns `split` and `other` of rows that have a `split` of their own, joined with `top`. */
export const NAMED_SPLIT = `CASE WHEN t.split IS NOT NULL THEN r.split END AS split,
    t.split IS NULL AND r.split IS NOT NULL AS other`;
