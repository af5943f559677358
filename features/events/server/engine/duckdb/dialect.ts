import { notBuilt } from "../plan.ts";
import type { Dialect } from "../plan.ts";
import { compileCatalog, compileRecent } from "./event-stream.ts";
import { compileExperiment } from "./experiment.ts";
import { literal } from "./statement.ts";
import type { ParquetFiles } from "./statement.ts";

/** DuckDB over Parquet segments. */
export const duckdb: Dialect<ParquetFiles> = {
  name: "duckdb",
  compilers: {
    experiment: compileExperiment,
    series: notBuilt("duckdb", "series"),
    funnel: notBuilt("duckdb", "funnel"),
    retention: notBuilt("duckdb", "retention"),
    top: notBuilt("duckdb", "top"),
    catalog: compileCatalog,
    recent: compileRecent,
    badEvents: notBuilt("duckdb", "badEvents"),
    badGroup: notBuilt("duckdb", "badGroup"),
    find: notBuilt("duckdb", "find"),
  },
  display(query) {
    return query.text.replaceAll(/\$(\d+)/g, (_, place: string) =>
      literal(query.parameters[Number(place) - 1] ?? null),
    );
  },
};
