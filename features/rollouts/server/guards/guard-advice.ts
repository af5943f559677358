import type { Db } from "@paceline/db";
import type { Metric } from "@paceline/experiments/domain";
import { listMetrics } from "@paceline/experiments/server";
import type { Static } from "typebox";

import type { GuardSampleBody, GuardSampleSchema } from "../../api.ts";
import { alphaOf, comparisonsOf, guardSample } from "../../domain/index.ts";
import type { EventMetricSource, Guard } from "../../domain/index.ts";
import type { GuardEventStore } from "./dependencies.ts";

const DAY_MS = 86_400_000;
/** The past from which traffic and rates are read: one whole week, so that no weekday weighs more. */
const PAST_DAYS = 7;

type Body = Static<typeof GuardSampleBody>;
type Item = Static<typeof GuardSampleSchema>["items"][number];

interface AdviceInput {
  readonly db: Db;
  readonly events: GuardEventStore;
  readonly workspaceId: string;
  readonly now: Date;
  readonly body: Body;
}

/** Different units of the last week with such an event; of any event without a name. */
async function unitsWith(
  { events, workspaceId, now, body }: AdviceInput,
  event: string | null,
): Promise<number> {
  const to = now.getTime();
  const { lines } = await events.series({
    kind: "series",
    workspace: workspaceId,
    environment: body.environment,
    events: event === null ? {} : { event },
    measure: { of: "units", precision: "exact" },
    from: to - PAST_DAYS * DAY_MS,
    to,
    bucketMs: PAST_DAYS * DAY_MS,
    // One bucket from the beginning of the week that ends now.
    zoneOffsetMs: PAST_DAYS * DAY_MS - (to % (PAST_DAYS * DAY_MS)),
  });
  return lines.flatMap(({ points }) => points).reduce((sum, { value }) => sum + (value ?? 0), 0);
}

type Baseline = NonNullable<Body["baselines"]>[string];

interface Asked extends AdviceInput {
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly weeklyUnits: number;
  readonly unitsPerDay: number;
}

/** What is known of a metric today, or why it is not and what to do. */
async function baselineOf(
  asked: Asked,
  metric: Metric,
): Promise<
  (Required<Pick<Baseline, "value" | "delayHours">> & { variance: number | null }) | string
> {
  const given = asked.body.baselines?.[metric.key];
  if (metric.statistic !== "proportion") {
    if (given?.variance === undefined) {
      return `Say what ${metric.key} is per unit today, and its variance, in \`baselines\`: a ${metric.statistic} cannot be planned without.`;
    }
    return { value: given.value, variance: given.variance, delayHours: given.delayHours ?? 0 };
  }
  if (given !== undefined) {
    return { value: given.value, variance: null, delayHours: given.delayHours ?? 0 };
  }
  if (asked.weeklyUnits === 0) {
    return `Nothing arrived in the last ${PAST_DAYS} days; say what ${metric.key} is in \`baselines\`.`;
  }
  const converted = await unitsWith(asked, metric.numerator.event);
  return { value: converted / asked.weeklyUnits, variance: null, delayHours: 0 };
}

/** From half of a margin to twice as much: where somebody would look for another one. */
const MARGIN_FACTORS = [0.5, 0.6, 0.7, 0.85, 1, 1.2, 1.4, 1.7, 2] as const;

const UNKNOWN = {
  baseline: null,
  margin: null,
  alpha: null,
  power: null,
  plannedUnits: null,
  days: null,
  quarterUnits: null,
  quarterDays: null,
} as const;

async function adviseGuard(
  asked: Asked,
  guard: Guard & { readonly source: EventMetricSource },
): Promise<readonly Item[]> {
  const { guards, stages } = asked.body;
  const { source } = guard;
  const metric = asked.metrics.get(source.metric);
  const baseline =
    metric === undefined
      ? `The workspace has no metric ${source.metric}; define it first.`
      : await baselineOf(asked, metric);
  const { metric: alpha } = alphaOf(guards, guard.action, comparisonsOf(stages));
  const shares = [...new Set(stages.map(({ exposureShare }) => exposureShare))];
  return shares.map((exposureShare): Item => {
    const place = { guardId: guard.id, exposureShare };
    if (metric === undefined || typeof baseline === "string") {
      return {
        ...place,
        ...UNKNOWN,
        otherMargins: [],
        why: typeof baseline === "string" ? baseline : null,
      };
    }
    const traffic = { ...baseline, statistic: metric.statistic, unitsPerDay: asked.unitsPerDay };
    const sample = guardSample(source, traffic, exposureShare, alpha);
    if (sample === null) {
      const why = "Nobody is held back at this share, so there is nothing to compare with.";
      return { ...place, ...UNKNOWN, otherMargins: [], why };
    }
    if (!Number.isFinite(sample.plannedUnits)) {
      const why = `${source.metric} is 0 today: give the margin on the absolute scale.`;
      return { ...place, ...UNKNOWN, otherMargins: [], why };
    }
    const otherMargins = MARGIN_FACTORS.flatMap((factor) => {
      const margin = source.margin * factor;
      const other = guardSample({ ...source, margin }, traffic, exposureShare, alpha);
      const isKnown = other !== null && Number.isFinite(other.plannedUnits);
      return isKnown ? [{ margin, plannedUnits: other.plannedUnits }] : [];
    });
    return { ...place, ...sample, baseline: baseline.value, otherMargins, why: null };
  });
}

/** Units and days until each guard of a plan could see harm, at each of its exposure shares. */
export async function adviseGuards(input: AdviceInput): Promise<Static<typeof GuardSampleSchema>> {
  const { db, workspaceId, body } = input;
  const guards = body.guards.flatMap((guard) =>
    guard.source.kind === "event-metric" ? [{ ...guard, source: guard.source }] : [],
  );
  const keys = guards.map(({ source }) => source.metric);
  const metrics = new Map(
    (await listMetrics(db, workspaceId, keys)).map((metric) => [metric.key, metric]),
  );
  const weeklyUnits = await unitsWith(input, null);
  const unitsPerDay = body.unitsPerDay ?? weeklyUnits / PAST_DAYS;
  const asked: Asked = { ...input, metrics, weeklyUnits, unitsPerDay };
  const items: Item[] = [];
  for (const guard of guards) items.push(...(await adviseGuard(asked, guard)));
  return { unitsPerDay, items };
}
