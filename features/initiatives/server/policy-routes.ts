import type { CommandContext } from "@paceline/command";
import { commandContext, etag, ifMatch } from "@paceline/http";
import type { App } from "@paceline/http";
import type { FastifyReply } from "fastify";

import { PolicyAnswerSchema, PublishPolicySchema, RiskDomainSchema } from "../api.ts";
import type { PolicyAnswer } from "../api.ts";
import { coverage, factCatalog, RISK_DOMAINS, runCases } from "../domain/index.ts";
import { INITIATIVES_TOPIC, unwrap } from "./answers.ts";
import { checked } from "./checked.ts";
import { addRiskDomain } from "./commands/add-risk-domain.ts";
import { publishPolicy } from "./commands/publish-policy.ts";
import type { InitiativeDependencies } from "./dependencies.ts";

const BASE = "/api/v1/policy";

async function policyAnswer(
  { policies }: InitiativeDependencies,
  { db, workspaceId }: CommandContext,
  reply: FastifyReply,
): Promise<PolicyAnswer> {
  const { policy, cases, compiled, ownDomains, publishedAt } = await policies.current(
    db,
    workspaceId,
  );
  etag(reply, policy.version);
  return checked(PolicyAnswerSchema, {
    policy,
    digest: compiled.digest,
    publishedAt: publishedAt?.toISOString() ?? null,
    facts: factCatalog(ownDomains).map(({ name, title, type, source }) => ({
      name,
      title,
      type: type.kind,
      source,
      values: type.kind === "enum" || type.kind === "strings" ? type.values : {},
    })),
    riskDomains: [
      ...RISK_DOMAINS.map(({ key, title }) => ({ key, title, own: false })),
      ...ownDomains.map(({ key, title }) => ({ key, title, own: true })),
    ],
    cases: runCases(compiled.table, cases),
    coverage: coverage(compiled.table, cases),
  });
}

/** Registers the policy: what it says, how its examples come out, and its next version. */
export function registerPolicyRoutes(app: App, deps: InitiativeDependencies): void {
  const answer = { 200: PolicyAnswerSchema } as const;
  app.get(
    BASE,
    {
      config: { permission: "policy.read" },
      schema: { summary: "The current policy, its examples and their coverage", response: answer },
    },
    (request, reply) => policyAnswer(deps, commandContext(request), reply),
  );
  app.post(
    BASE,
    {
      config: { permission: "policy.edit" },
      schema: {
        summary: "Publish the next version of the policy",
        body: PublishPolicySchema,
        response: answer,
      },
    },
    async (request, reply) => {
      const context = commandContext(request);
      unwrap(
        await publishPolicy(deps, context, { expectedVersion: ifMatch(request), ...request.body }),
      );
      deps.publish(context.workspaceId, INITIATIVES_TOPIC, { policy: true });
      return policyAnswer(deps, context, reply);
    },
  );
  app.post(
    `${BASE}/risk-domains`,
    {
      config: { permission: "policy.edit" },
      schema: {
        summary: "Add a risk domain of the workspace",
        body: RiskDomainSchema,
        response: answer,
      },
    },
    async (request, reply) => {
      const context = commandContext(request);
      unwrap(await addRiskDomain(context, request.body));
      deps.publish(context.workspaceId, INITIATIVES_TOPIC, { policy: true });
      return policyAnswer(deps, context, reply);
    },
  );
}
