import type { Db } from "@paceline/db";
import { commandContext, problem } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { FlagKey } from "../api.ts";
import { changedSet, explainFlag } from "../domain/index.ts";
import type { Published, PublishedSet } from "../domain/index.ts";
import { ExplainAtBody, ExplainedAtSchema } from "../time-travel-api.ts";
import type { ExplainedAt } from "../time-travel-api.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { explanationView } from "./explanation-view.ts";
import { publicationOf, readContent } from "./repository.ts";
import type { PublishedRevision } from "./repository.ts";
import { mustHaveEnvironment, mustRead } from "./route-guards.ts";
import { assignedAt } from "./sticky/assigned-at.ts";
import { unpublishedSet } from "./vendor-operators.ts";
import { publicationView } from "./views.ts";

const KEPT =
  "The rule keeps assignments, and the unit had been given its variant before that moment.";
const NEW_TO_RULE =
  "The rule keeps assignments. No earlier one of this unit is known, so this is what a unit new to the rule got then.";

/** One environment of one workspace at one moment. */
interface Moment {
  readonly workspaceId: string;
  readonly environment: string;
  readonly at: Date;
}

function publications(db: Db, { workspaceId, environment }: Moment, flagKey: string) {
  return db
    .selectFrom("flag_publications as p")
    .innerJoin("flags as f", "f.id", "p.flag_id")
    .leftJoin("flag_revisions as r", (join) =>
      join.onRef("r.workspace_id", "=", "p.workspace_id").onRef("r.digest", "=", "p.digest"),
    )
    .select([
      "p.environment",
      "p.revision",
      "p.digest",
      "p.action",
      "p.published_at",
      "p.published_by",
      "r.content",
    ])
    .where("f.workspace_id", "=", workspaceId)
    .where("f.key", "=", flagKey)
    .where("p.environment", "=", environment);
}

/** The newest publication of the flag at the moment; null before its first. */
async function readAt(db: Db, moment: Moment, key: string): Promise<PublishedRevision | null> {
  const row = await publications(db, moment, key)
    .where("p.published_at", "<=", moment.at)
    .orderBy("p.revision", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  return { ...publicationOf(row), content: row.content === null ? null : readContent(row.content) };
}

/** What ended `revision`, or the flag's first publication for 0. */
async function readNext(db: Db, moment: Moment, key: string, revision: number) {
  const row = await publications(db, moment, key)
    .where("p.revision", ">", revision)
    .orderBy("p.revision")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : publicationOf(row);
}

/** The number that clients named at the moment: the environment's newest revision then. */
async function environmentRevision(db: Db, moment: Moment): Promise<number> {
  const row = await db
    .selectFrom("flag_publications as p")
    .select("p.revision")
    .where("p.workspace_id", "=", moment.workspaceId)
    .where("p.environment", "=", moment.environment)
    .where("p.published_at", "<=", moment.at)
    .orderBy("p.revision", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.revision ?? 0;
}

function publishedOf({ revision, digest, content }: PublishedRevision): Published | null {
  return content === null || digest === null ? null : { revision, digest, content };
}

/** The flag and all that it needed, as they were in force at the moment, compiled as they were then. */
async function setAt(db: Db, moment: Moment, then: PublishedRevision): Promise<PublishedSet> {
  const found = new Map<string, Published | null>();
  const wanted = [then];
  for (const revision of wanted) {
    const published = publishedOf(revision);
    if (published === null) continue;
    found.set(published.content.key, published);
    for (const key of neededBy(published)) {
      if (found.has(key)) continue;
      found.set(key, null);
      const other = await readAt(db, moment, key);
      if (other !== null) wanted.push(other);
    }
  }
  const revision = await environmentRevision(db, moment);
  return changedSet(unpublishedSet(moment.workspaceId, moment.environment), revision, found);
}

/** Keys of the flags that its rules name as prerequisites. */
function neededBy({ content }: Published): readonly string[] {
  return content.configuration.rules.flatMap(({ prerequisites }) =>
    prerequisites.map(({ flag }) => flag),
  );
}

/**
 * What the flag answered to `context` at the moment. Revisions are never changed, so the answer does
 * not depend on when it is asked for.
 */
async function explainAt(
  db: Db,
  moment: Moment,
  key: string,
  context: Readonly<Record<string, unknown>>,
): Promise<ExplainedAt> {
  const then = await readAt(db, moment, key);
  const next = await readNext(db, moment, key, then?.revision ?? 0);
  const { environment, at } = moment;
  const answer = {
    key,
    environment,
    at: at.toISOString(),
    publication: then === null ? null : publicationView(then),
    next: next === null ? null : publicationView(next),
    configuration: then?.content?.configuration ?? null,
    explanation: null,
    notes: [],
  };
  if (then === null) return { ...answer, standing: "not-published-yet" };
  if (then.content === null) return { ...answer, standing: "archived" };
  const set = await setAt(db, moment, then);
  const assigned = await assignedAt(db, set, key, context, at);
  const explained = explainFlag(set, key, assigned.context, at.getTime());
  const explanation = explanationView(explained, set.revision);
  const rule = then.content.configuration.rules.find(({ id }) => id === explained.ruleId);
  const notes =
    rule === undefined || rule.sticky === null
      ? []
      : [assigned.hadAssigned(rule.id) ? KEPT : NEW_TO_RULE];
  return { ...answer, standing: "in-force", explanation, notes };
}

function inTheFuture(at: Date, now: Date): Error {
  return problem({
    name: "moment-not-reached",
    title: "That moment has not come yet",
    status: 422,
    detail: `It is ${now.toISOString()}; what will be in force at ${at.toISOString()} is not known. Choose a moment of the past.`,
    errors: [{ pointer: "/at", detail: "must not be in the future" }],
  });
}

/** Registers the way back in time: which variant a unit got at a moment, and by which rule. */
export function registerTimeTravel(app: App, deps: FlagRouteDependencies): void {
  app.post(
    "/api/v1/flags/:key/explain-at",
    {
      config: { permission: "flag.read", idempotent: false },
      schema: {
        summary: "What a flag answered at a moment of the past, and why; nobody is exposed",
        params: Type.Object({ key: FlagKey }),
        body: ExplainAtBody,
        response: { 200: ExplainedAtSchema },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { workspaceId } = ctx;
      const { environment, context } = request.body;
      await mustHaveEnvironment(deps, workspaceId, environment);
      const { key } = await mustRead(deps, ctx, request.params.key);
      const at = new Date(request.body.at);
      if (at > ctx.now) throw inTheFuture(at, ctx.now);
      return explainAt(deps.db, { workspaceId, environment, at }, key, context);
    },
  );
}
