import type { Dialect } from "../plan.ts";
import { compileBadEvents, compileBadGroup } from "./bad-events.ts";
import { compileCatalog, compileContexts, compileRecent } from "./event-stream.ts";
import { compileExperiment } from "./experiment.ts";
import { compileFind } from "./find.ts";
import { compileFunnel } from "./funnel.ts";
import { compileRetention } from "./retention.ts";
import { compileSeries } from "./series.ts";
import { compileSources } from "./sources.ts";
import { literal } from "./statement.ts";
import type { EventFiles } from "./statement.ts";
import { compileTop } from "./top.ts";

/** DuckDB over Parquet segments. */
export const duckdb: Dialect<EventFiles> = {
  name: "duckdb",
  compilers: {
    experiment: compileExperiment,
    series: compileSeries,
    funnel: compileFunnel,
    retention: compileRetention,
    top: compileTop,
    catalog: compileCatalog,
    recent: compileRecent,
    badEvents: compileBadEvents,
    badGroup: compileBadGroup,
    find: compileFind,
    sources: compileSources,
    contexts: compileContexts,
  },
  display(query) {
    return query.text.replaceAll(/\$(\d+)/g, (_, place: string) =>
      literal(query.parameters[Number(place) - 1] ?? null),
    );
  },
};
