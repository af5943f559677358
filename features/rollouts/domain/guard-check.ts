import { isComparisonGuard } from "./guard-comparison.ts";
import { bucketsNeeded } from "./guard-series.ts";
import type { Guard, GuardSource, SeriesThresholdSource } from "./guard.ts";

/** One broken rule of a plan's guards, by JSON pointer. */
export interface GuardFault {
  readonly pointer: string;
  readonly detail: string;
}

/** What the guards of a plan are checked against. */
export interface GuardSurroundings {
  /** Keys of the workspace's metrics. */
  readonly metrics: ReadonlySet<string>;
  /** Whether the rule of the rollout records exposures. */
  readonly recordsExposure: boolean;
  /** Whether the rule serves an experiment; its exposures then belong to that one. */
  readonly servesExperiment?: boolean;
}

/** More would be read every few seconds than one node should. */
const MOST_GUARDS = 20;
/** Buckets that one reading of a series may ask for. */
const MOST_BUCKETS = 1_000;

type Check = readonly [broken: boolean, pointer: string, detail: string];

function seriesChecks(source: SeriesThresholdSource): readonly Check[] {
  return [
    [
      bucketsNeeded(source) > MOST_BUCKETS,
      "/source/bucketSeconds",
      `makes more than ${MOST_BUCKETS} buckets of forSeconds; take larger ones`,
    ],
    [
      source.who === "exposed" && source.measure.of === "mean",
      "/source/who",
      "must be `everybody` for a mean; compare exposed units by an event metric instead",
    ],
    [
      source.per !== null && source.measure.of === "mean",
      "/source/per",
      "must be null for a mean, which is divided already",
    ],
  ];
}

function sourceChecks(source: GuardSource, { metrics }: GuardSurroundings): readonly Check[] {
  switch (source.kind) {
    case "event-metric":
      return [
        [
          !metrics.has(source.metric),
          "/source/metric",
          `the workspace has no metric ${source.metric}; define it first`,
        ],
        [
          source.scale === "relative" && source.direction === "increase" && source.margin >= 1,
          "/source/margin",
          "must be below 1: nothing can fall by more than all of it",
        ],
      ];
    case "series-threshold":
      return seriesChecks(source);
    case "sample-ratio":
    case "no-data":
    case "multiple-exposure":
    case "alert":
      return [];
  }
}

function checksOf(guard: Guard, surroundings: GuardSurroundings): readonly Check[] {
  const { source, action } = guard;
  const needsExposures =
    isComparisonGuard(guard) || (source.kind === "series-threshold" && source.who === "exposed");
  return [
    [
      source.kind === "no-data" && action === "roll-back",
      "/action",
      "must be `hold` or `warn`: missing data prove no harm",
    ],
    [
      needsExposures && !surroundings.recordsExposure,
      "/source/kind",
      "needs exposures: let the rule record them, or guard by a series or an alert",
    ],
    [
      needsExposures && surroundings.servesExperiment === true,
      "/source/kind",
      "compares nothing here: the rule serves an experiment, which has its own control and guardrails; guard the rollout by series of everybody, arrivals or alerts",
    ],
    ...sourceChecks(source, surroundings),
  ];
}

/** Checks the guards of a plan against the rules that a schema cannot say; names every fault. */
export function checkGuards(
  guards: readonly Guard[],
  surroundings: GuardSurroundings,
): readonly GuardFault[] {
  const ids = guards.map(({ id }) => id);
  const own = guards.flatMap((guard, index) => [
    [
      ids.indexOf(guard.id) < index,
      `/guards/${index}/id`,
      `${guard.id} is the id of another guard`,
    ] as const,
    ...checksOf(guard, surroundings).map(
      ([isBroken, pointer, detail]) => [isBroken, `/guards/${index}${pointer}`, detail] as const,
    ),
  ]);
  const all: readonly Check[] = [
    [guards.length > MOST_GUARDS, "/guards", `must not be more than ${MOST_GUARDS}`],
    ...own,
  ];
  return all.flatMap(([isBroken, pointer, detail]) => (isBroken ? [{ pointer, detail }] : []));
}
