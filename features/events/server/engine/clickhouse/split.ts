import type { PropertySplit } from "../../../domain/index.ts";
import type { Parameters } from "./statement.ts";

/** Of exposures among the rows `e`, marked by `e.exposed`: one variant only, and since when. */
export const EXPOSED_COLUMNS = [
  "minIf(e.variant, e.exposed) AS first_variant",
  "maxIf(e.variant, e.exposed) AS last_variant",
  "minIf(e.occurred_at, e.exposed) AS exposed_at",
];

/** Units that saw one variant only. Two at one instant are two, so no order between them is needed. */
export const EXPOSED_ONCE = "countIf(e.exposed) > 0 AND first_variant = last_variant";

/** Columns `split` and `other` of rows `r` that have a `split` of their own: the top ones keep it. */
export function namedSplit(split: PropertySplit, rows: string, parameters: Parameters): string {
  const top = `ifNull(r.split GLOBAL IN (
    SELECT t.split FROM ${rows} AS t WHERE t.split IS NOT NULL
    GROUP BY t.split ORDER BY sum(t.events) DESC, t.split LIMIT ${parameters.bind(split.top)}), false)`;
  return `if(${top}, r.split, NULL) AS split, r.split IS NOT NULL AND NOT ${top} AS other`;
}
