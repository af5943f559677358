import { compilePlan, plannedMember } from "../../domain/index.ts";
import type { FlatEvent, PlanSchema } from "../../domain/index.ts";
import type { PlanPreview } from "../../plan-api.ts";
import type { EventStore } from "../event-store.ts";
import type { StoredPlan } from "./plan-repository.ts";

const DAY_MS = 86_400_000;
const PREVIEW_DAYS = 7;
/** Enough to meet a fault of one event in a thousand nearly always, and read within a second. */
const PREVIEW_EVENTS = 5_000;
const PAGE = 1_000;
const SHOWN_FAULTS = 20;

type Place = Pick<FlatEvent, "receivedAt" | "at" | "messageId">;

/** What a schema would say of last week's real events, the newest first. */
export async function previewPlan(
  store: Pick<EventStore, "run">,
  plan: StoredPlan,
  schema: PlanSchema,
  scope: { readonly workspace: string; readonly environment: string; readonly now: Date },
): Promise<PlanPreview> {
  const { workspace, environment, now } = scope;
  const since = now.getTime() - PREVIEW_DAYS * DAY_MS;
  const compiled = compilePlan(schema);
  const faults = new Map<string, { path: string; reason: string; events: number }>();
  const prefix = `/${plannedMember(plan.eventType)}`;
  let events = 0;
  let passed = 0;
  let complete = false;
  let after: Place | undefined;
  while (events < PREVIEW_EVENTS && !complete) {
    const { rows } = await store.run({
      kind: "recent",
      workspace,
      environment,
      type: plan.eventType,
      ...(plan.event === "" ? {} : { event: plan.event }),
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    const seen = rows.filter((row) => row.receivedAt >= since);
    for (const row of seen) {
      const sent: unknown = JSON.parse(row.properties);
      const fault = compiled.check(sent);
      if (fault === null) passed += 1;
      else {
        const path = `${prefix}${fault.path}`.replaceAll(/\/\d+(?=\/|$)/g, "/*");
        const key = `${path} ${fault.reason}`;
        const known = faults.get(key) ?? { path, reason: fault.reason, events: 0 };
        faults.set(key, { ...known, events: known.events + 1 });
      }
    }
    events += seen.length;
    complete = seen.length < PAGE;
    after = rows.at(-1);
  }
  const worst = [...faults.values()].toSorted((a, b) => b.events - a.events);
  return {
    since: new Date(since).toISOString(),
    events,
    complete,
    passed,
    faults: worst.slice(0, SHOWN_FAULTS),
  };
}
