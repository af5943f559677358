import { setImmediate } from "node:timers/promises";

import type { ComparisonView } from "../../compare-api.ts";
import { comparisonCautions, startComparison, withKnownGates } from "../../domain/index.ts";
import type {
  Assignment,
  Configuration,
  ContextSample,
  FlagComparison,
  PublishedSet,
  UnitShare,
} from "../../domain/index.ts";
import type { StoredFlag } from "../repository.ts";

/** A comparison that takes longer is answered with what it has by then. */
export const MAX_COMPARE_MS = 2_000;
/** Contexts between two looks at the clock; others are served in between. */
const STEP = 100;

export interface CompareDraft {
  readonly flag: StoredFlag;
  readonly environment: string;
  readonly configuration: Configuration;
  /** Why publishing it would be refused, in words; null where it is as publishing would fix it. */
  readonly refusal: string | null;
  /** What sticky rules have assigned to some units, by unit. */
  readonly assignedTo: (
    units: readonly string[],
  ) => Promise<ReadonlyMap<string, readonly Assignment[]>>;
  readonly set: PublishedSet;
  readonly sample: ContextSample;
  readonly since: Date;
  readonly now: Date;
  readonly monotonicMs: () => number;
  /** Ids of experiments that take units now. */
  readonly running: ReadonlySet<string>;
}

/** Evaluates the sampled contexts as things are and as the configuration would have them. */
export async function compareDraft(input: CompareDraft): Promise<ComparisonView> {
  const { flag, environment, set, sample, now, monotonicMs } = input;
  const published = set.flags.get(flag.key) ?? null;
  const before = published?.content.configuration ?? null;
  const { refusal, assignedTo } = input;
  const configuration =
    refusal === null ? input.configuration : withKnownGates(input.configuration, before);
  const { key, type, kind, initiativeId, variants } = flag;
  const content = { key, type, kind, initiativeId, variants, environment, configuration };
  const run = startComparison(set, content, now.getTime());
  const startedMs = monotonicMs();
  // Ranks have nothing to do with variants, so the first contexts are as fair a sample as all.
  for (let place = 0; place < sample.contexts.length; place += STEP) {
    const step = sample.contexts.slice(place, place + STEP);
    const assigned = await assignedTo(step.flatMap(({ context }) => run.stickyUnits(context)));
    for (const sampled of step) run.add(sampled, (unit) => assigned.get(unit) ?? []);
    if (monotonicMs() - startedMs > MAX_COMPARE_MS) break;
    await setImmediate();
  }
  const cautions = [
    ...(refusal === null ? [] : [`Publishing it now would be refused. ${refusal}`]),
    ...comparisonCautions(before, configuration, sample.neverRecorded),
  ];
  return viewOf(input, run.result(), published?.revision ?? null, cautions);
}

function viewOf(
  { flag, environment, sample, since, running }: CompareDraft,
  comparison: FlagComparison,
  revision: number | null,
  cautions: readonly string[],
): ComparisonView {
  const { evaluated } = comparison;
  const sampledUnits = sample.contexts.length;
  const sampleShare = sampledUnits === 0 ? 0 : sample.share * (evaluated / sampledUnits);
  const all = (units: number): number => (units === 0 ? 0 : Math.round(units / sampleShare));
  const estimated = (one: UnitShare) => ({ ...one, estimatedUnits: all(one.units) });
  return {
    key: flag.key,
    environment,
    revision,
    since: since.toISOString(),
    sampledUnits,
    evaluated,
    complete: evaluated === sampledUnits,
    sampleShare,
    estimatedUnits: all(evaluated),
    flips: estimated(comparison.flips),
    flows: [...comparison.flows],
    moves: comparison.moves.map((move) => ({
      ...move,
      examples: move.examples.map(({ unit, at, context }) => ({
        unit,
        at: new Date(at).toISOString(),
        context: { ...context },
      })),
    })),
    rules: comparison.rules.map(({ ruleId, description, before, after }) => ({
      ruleId,
      description,
      before: estimated(before),
      after: estimated(after),
    })),
    experiments: comparison.experiments.map((one) => ({
      ...one,
      running: running.has(one.experimentId),
    })),
    dependents: [...comparison.dependents],
    cautions: [
      ...(sampledUnits === 0
        ? [
            "No contexts are recorded in this time, so nothing can be said about real units. They are recorded when flags are evaluated by OFREP.",
          ]
        : []),
      ...cautions,
    ],
  };
}
