import { notFound } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";
import type { Static } from "typebox";

import { FlagKey } from "../api.ts";
import { comparisonOf, HELD_BACK } from "../domain/index.ts";
import type { RevisionContent } from "../domain/index.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { writeParity } from "./parity.ts";
import { readFlag, readRevision } from "./repository.ts";
import { boundCaller, createCallLimit } from "./stream-routes.ts";
import type { BoundCaller } from "./stream-routes.ts";

const MAX_BATCH = 200;
const MAX_AGE_MS = 24 * 3_600_000;

const AcknowledgementsBody = Type.Object(
  {
    acknowledgements: Type.Array(
      Type.Object({
        stream: Type.String({ pattern: "^[0-9a-f]{12}\\.\\d{1,12}$" }),
        revision: Type.Integer({ minimum: 0 }),
      }),
      { maxItems: MAX_BATCH },
    ),
  },
  { additionalProperties: false },
);

const ExposureSchema = Type.Object({
  flagKey: FlagKey,
  revision: Type.Integer({ minimum: 1 }),
  ruleId: Type.String({ minLength: 1, maxLength: 100 }),
  variant: Type.String({ minLength: 1, maxLength: 100 }),
  unit: Type.String({ minLength: 1, maxLength: 500 }),
  experimentId: Type.Optional(
    Type.String({
      maxLength: 200,
      description: "by default the rule's experiment; within a rollout its comparison",
    }),
  ),
  ageMs: Type.Optional(
    Type.Number({
      minimum: 0,
      description: "how long ago by the client's own clock; nobody's wall clock is believed",
    }),
  ),
});
type ReportedExposure = Static<typeof ExposureSchema>;

const ParityBody = Type.Object(
  {
    client: Type.String({ minLength: 1, maxLength: 100 }),
    version: Type.String({ maxLength: 100 }),
    protocol: Type.Optional(Type.Union([Type.Literal("sdk"), Type.Literal("flagd-sync")])),
    answers: Type.Record(Type.String({ maxLength: 100 }), Type.String({ maxLength: 100 }), {
      maxProperties: 100,
    }),
  },
  { additionalProperties: false },
);

/** What a flag was at a revision: as it is in force, else as it is stored. */
async function contentAt(
  deps: FlagRouteDependencies,
  { workspaceId, environment }: BoundCaller,
  { flagKey, revision }: ReportedExposure,
): Promise<RevisionContent | null> {
  const published = deps.flagSets.get(workspaceId, environment).flags.get(flagKey);
  if (published?.revision === revision) return published.content;
  const flag = await readFlag(deps.db, workspaceId, flagKey);
  if (flag === null) return null;
  return (await readRevision(deps.db, flag.id, environment, revision))?.content ?? null;
}

/** Why an exposure cannot be one of ours, or the experiment that it belongs to. */
function judge(
  content: RevisionContent | null,
  { ruleId, variant, experimentId }: ReportedExposure,
): { readonly refusal: string } | { readonly experimentId: string | null } {
  if (content === null) return { refusal: "there is no such flag at that revision" };
  const rule = content.configuration.rules.find(({ id }) => id === ruleId);
  if (rule === undefined) return { refusal: "the revision has no such rule" };
  if (!rule.recordExposure) return { refusal: "the rule records no exposures" };
  const comparison = comparisonOf(rule)?.id;
  const isCompared = comparison !== undefined && experimentId === comparison;
  if (experimentId !== undefined && !isCompared && experimentId !== rule.experimentId) {
    return { refusal: "the rule serves no such experiment" };
  }
  if (isCompared && variant === HELD_BACK) return { experimentId: comparison };
  if (!Object.hasOwn(content.variants, variant)) return { refusal: "the flag has no such variant" };
  return { experimentId: isCompared ? comparison : rule.experimentId };
}

/** Stores what can be stored, and says what never can be: sending that again changes nothing. */
async function storeExposures(
  deps: FlagRouteDependencies,
  caller: BoundCaller,
  exposures: readonly ReportedExposure[],
): Promise<{ accepted: number; refused: { index: number; detail: string }[] }> {
  const { workspaceId, environment } = caller;
  const now = await deps.environmentNow(workspaceId, environment);
  const contents = new Map<string, Promise<RevisionContent | null>>();
  const refused: { index: number; detail: string }[] = [];
  const stored: Promise<void>[] = [];
  for (const [index, exposure] of exposures.entries()) {
    const { flagKey, revision, ruleId, variant, unit, ageMs = 0 } = exposure;
    const key = `${flagKey} ${revision}`;
    const content = contents.get(key) ?? contentAt(deps, caller, exposure);
    contents.set(key, content);
    const judged = judge(await content, exposure);
    if ("refusal" in judged) {
      refused.push({ index, detail: judged.refusal });
      continue;
    }
    const { experimentId } = judged;
    stored.push(
      deps.recordExposure({
        workspaceId,
        environment,
        flagKey,
        revision,
        ruleId,
        variant,
        unit,
        ...(experimentId === null ? {} : { experimentId }),
        at: new Date(now.getTime() - Math.min(ageMs, MAX_AGE_MS)),
      }),
    );
  }
  // All or nothing, so that the client sends the batch again; the store counts a unit once a day.
  await Promise.all(stored);
  return { accepted: stored.length, refused };
}

function addExposures(app: App, deps: FlagRouteDependencies): void {
  const limit = createCallLimit(deps);
  app.post(
    "/flags/v1/exposures",
    {
      config: { permission: { scope: "browser" }, idempotent: false },
      schema: {
        summary: "Units that were treated by evaluations of a client",
        body: Type.Object(
          { exposures: Type.Array(ExposureSchema, { minItems: 1, maxItems: MAX_BATCH }) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            accepted: Type.Integer(),
            refused: Type.Array(Type.Object({ index: Type.Integer(), detail: Type.String() })),
          }),
        },
      },
    },
    async (request) => {
      const caller = boundCaller(request);
      limit(caller);
      return storeExposures(deps, caller, request.body.exposures);
    },
  );
}

/** Registers what clients tell: revisions that they evaluate with, exposures, and their bucketing. */
export function registerStreamReports(app: App, deps: FlagRouteDependencies): void {
  const limit = createCallLimit(deps);
  app.post(
    "/flags/v1/acknowledgements",
    {
      config: { permission: { scope: "browser" }, idempotent: false },
      schema: {
        summary: "Says which revision each stream's client evaluates with",
        body: AcknowledgementsBody,
      },
    },
    async (request, reply) => {
      const caller = boundCaller(request);
      limit(caller);
      for (const { stream, revision } of request.body.acknowledgements) {
        deps.subscribers.acknowledge(caller.workspaceId, stream, revision);
      }
      return reply.status(204).send();
    },
  );
  app.post(
    "/flags/v1/parity",
    {
      config: { permission: { scope: "evaluate" }, idempotent: false },
      schema: {
        summary: "What a client that evaluates by itself answers to the parity probe",
        body: ParityBody,
        response: { 200: Type.Object({ bucketing: Type.Union([Type.String(), Type.Null()]) }) },
      },
    },
    async (request) => {
      const caller = boundCaller(request);
      limit(caller);
      const { client, version, protocol = "sdk", answers } = request.body;
      const { workspaceId, environment } = caller;
      if (!(await deps.environmentExists(workspaceId, environment))) throw notFound("environment");
      const bucketing = await writeParity(deps.db, {
        workspaceId,
        environment,
        protocol,
        name: client,
        version,
        answers,
        reportedAt: request.context?.now ?? new Date(0),
      });
      return { bucketing };
    },
  );
  addExposures(app, deps);
}
