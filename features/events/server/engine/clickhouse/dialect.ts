import type { Dialect } from "../plan.ts";
import { compileBadEvents, compileBadGroup } from "./bad-events.ts";
import {
  compileCatalog,
  compileContexts,
  compileFind,
  compileRecent,
  compileSources,
  compileTop,
} from "./event-stream.ts";
import { compileExperiment } from "./experiment.ts";
import { compileFunnel } from "./funnel.ts";
import { compileRetention } from "./retention.ts";
import { compileSeries } from "./series.ts";
import { display } from "./statement.ts";
import type { EventTable } from "./statement.ts";

/** ClickHouse 24 and later. */
export const clickhouse: Dialect<EventTable> = {
  name: "clickhouse",
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
  display,
};
