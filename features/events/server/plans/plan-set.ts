import type { Db, Notifications } from "@paceline/db";

import {
  appliesTo,
  applyEdits,
  compilePlan,
  planKey,
  plannedMember,
  plannedValue,
  planReference,
  readPlanSchema,
} from "../../domain/index.ts";
import type { CompiledPlan, EventEdit, FlatEvent, PlanScope } from "../../domain/index.ts";
import { readActiveMappings } from "../bad-events/mapping-repository.ts";
import type { PlanChecker, PlanVerdict } from "../dependencies.ts";
import { PLANS_CHANNEL, readFlaggingWorkspaces, readPublished } from "./plan-repository.ts";
import type { StoredVersion } from "./plan-repository.ts";
import { VerdictCounts } from "./verdict-counts.ts";

interface DoorPlan extends PlanScope {
  readonly reference: string;
  readonly quarantine: boolean;
  readonly compiled: CompiledPlan;
  /** Every event that passes gets the same verdict. */
  readonly passed: PlanVerdict;
}

interface DoorMapping {
  readonly environment: string | null;
  readonly edits: readonly EventEdit[];
  readonly endsAt: number;
}

/** What the door knows of one workspace. */
interface WorkspaceDoor {
  /** By type and name of the event, the newest version first. */
  readonly plans: ReadonlyMap<string, readonly DoorPlan[]>;
  /** By name of the event as sent. */
  readonly mappings: ReadonlyMap<string, readonly DoorMapping[]>;
  readonly flagsUnplanned: boolean;
}

const UNPLANNED: PlanVerdict = { outcome: "unplanned" };
const POLL_MS = 30_000;
const FLUSH_MS = 5_000;

export interface PlanSetOptions {
  readonly db: Db;
  /** Without it, changes of other processes are found by the poll only. */
  readonly notifications?: Notifications;
  readonly onError: (error: unknown) => void;
}

/** The published plans and active mappings of every workspace, compiled, in the memory of a node. */
export interface PlanSet extends PlanChecker {
  /** Resolves when a workspace (null: every one) is as new as the database. */
  refresh(workspaceId: string | null): Promise<void>;
  /** Adds what was counted to the database. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the set of plans; what was known last stays in force when the database is away. */
export async function openPlanSet(options: PlanSetOptions): Promise<PlanSet> {
  const set = new MemoryPlanSet(options);
  await set.refresh(null);
  await options.notifications?.on(PLANS_CHANNEL, (workspaceId) => {
    set.refresh(workspaceId).catch(options.onError);
  });
  return set;
}

class MemoryPlanSet implements PlanSet {
  readonly #db: Db;
  readonly #onError: (error: unknown) => void;
  #doors = new Map<string, WorkspaceDoor>();
  /** Published schemas never change, so each is compiled once: by workspace and reference. */
  readonly #compiled = new Map<string, { readonly text: string; readonly plan: CompiledPlan }>();
  readonly #counts = new VerdictCounts();
  readonly #timers: readonly NodeJS.Timeout[];
  #working: Promise<void> = Promise.resolve();

  constructor({ db, onError }: PlanSetOptions) {
    this.#db = db;
    this.#onError = onError;
    this.#timers = [
      setInterval(() => void this.refresh(null).catch(onError), POLL_MS).unref(),
      setInterval(() => void this.flush().catch(onError), FLUSH_MS).unref(),
    ];
  }

  watches(workspace: string): boolean {
    return this.#doors.has(workspace);
  }

  map(event: FlatEvent, body: unknown): { readonly event: FlatEvent; readonly body: unknown } {
    const mappings = this.#doors.get(event.workspace)?.mappings.get(event.event);
    if (mappings === undefined) return { event, body };
    const edits = mappings
      .filter(
        ({ environment, endsAt }) =>
          endsAt > event.receivedAt && (environment === null || environment === event.environment),
      )
      .flatMap((mapping) => mapping.edits);
    return edits.length === 0 ? { event, body } : mapped(event, body, edits);
  }

  check(event: FlatEvent, body: unknown): PlanVerdict | null {
    const door = this.#doors.get(event.workspace);
    if (door === undefined) return null;
    const plan = door.plans
      .get(planKey(event.type, event.event))
      ?.find((candidate) => appliesTo(candidate, event));
    if (plan === undefined) return door.flagsUnplanned ? UNPLANNED : null;
    const fault = plan.compiled.check(plannedValue(event, body));
    if (fault === null) return plan.passed;
    return {
      outcome: "violated",
      plan: plan.reference,
      path: `/${plannedMember(event.type)}${fault.path}`,
      reason: fault.reason,
      quarantine: plan.quarantine,
    };
  }

  count(event: FlatEvent, verdict: PlanVerdict): void {
    this.#counts.add(event, verdict);
  }

  /** One after the other, so that an older answer never replaces a newer one. */
  refresh(workspaceId: string | null): Promise<void> {
    const next = this.#working.then(() => this.#load(workspaceId));
    this.#working = next.catch(() => undefined);
    return next;
  }

  async #load(workspaceId: string | null): Promise<void> {
    const published = await readPublished(this.#db, workspaceId);
    const mappings = await readActiveMappings(this.#db, workspaceId);
    const flagging = await readFlaggingWorkspaces(this.#db, workspaceId);
    const doors = new Map(workspaceId === null ? [] : this.#doors);
    if (workspaceId !== null) doors.delete(workspaceId);
    const touched = new Set([
      ...published.map((one) => one.workspaceId),
      ...mappings.map((one) => one.workspaceId),
      ...flagging,
    ]);
    for (const workspace of touched) {
      const plans = published.flatMap((one) =>
        one.workspaceId === workspace ? this.#doorPlan(one) : [],
      );
      const own = mappings.filter((one) => one.workspaceId === workspace);
      doors.set(workspace, {
        plans: new Map(
          [...Map.groupBy(plans, ({ key }) => key)].map(([key, list]) => [
            key,
            list.map(({ plan }) => plan),
          ]),
        ),
        mappings: Map.groupBy(own, (mapping) => mapping.event),
        flagsUnplanned: flagging.includes(workspace),
      });
    }
    this.#doors = doors;
    this.#forgetUnused(doors);
  }

  #forgetUnused(doors: ReadonlyMap<string, WorkspaceDoor>): void {
    const used = new Set(
      [...doors].flatMap(([workspace, { plans }]) =>
        [...plans.values()].flat().map(({ reference }) => `${workspace} ${reference}`),
      ),
    );
    for (const key of this.#compiled.keys()) if (!used.has(key)) this.#compiled.delete(key);
  }

  /** A stored schema was usable when it was published; one that is not now is left out, and told. */
  #doorPlan({
    workspaceId,
    plan,
    version,
  }: Awaited<ReturnType<typeof readPublished>>[number]): readonly {
    readonly key: string;
    readonly plan: DoorPlan;
  }[] {
    const reference = planReference(plan.name, version.version);
    const compiled = this.#compile(`${workspaceId} ${reference}`, version);
    if (compiled === null) {
      this.#onError(new Error(`the published plan ${reference} is not usable`));
      return [];
    }
    return [
      {
        key: planKey(plan.eventType, plan.event),
        plan: {
          reference,
          environments: version.environments,
          sources: version.sources,
          quarantine: version.mode === "enforce",
          compiled,
          passed: { outcome: "passed", plan: reference },
        },
      },
    ];
  }

  #compile(key: string, version: StoredVersion): CompiledPlan | null {
    const known = this.#compiled.get(key);
    if (known?.text === version.schemaText) return known.plan;
    const schema = readPlanSchema(version.schema);
    if (!schema.ok) return null;
    const plan = compilePlan(schema.value);
    this.#compiled.set(key, { text: version.schemaText, plan });
    return plan;
  }

  flush(): Promise<void> {
    return this.#counts.flush(this.#db);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#working;
    await this.flush().catch(this.#onError);
  }
}

/** An event with edits made to what was sent and to what is stored of it, which may differ. */
function mapped(
  event: FlatEvent,
  body: unknown,
  edits: readonly EventEdit[],
): { readonly event: FlatEvent; readonly body: unknown } {
  const member = plannedMember(event.type);
  const stored: unknown = JSON.parse(event.properties);
  const edited = applyEdits({ event: event.event, [member]: stored }, edits);
  const fields = new Map<string, unknown>(
    typeof edited === "object" && edited !== null ? Object.entries(edited) : [],
  );
  const name = fields.get("event");
  return {
    event: {
      ...event,
      event: typeof name === "string" ? name : event.event,
      properties: JSON.stringify(fields.get(member) ?? {}),
    },
    body: applyEdits(body, edits),
  };
}
