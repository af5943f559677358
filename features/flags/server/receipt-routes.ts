import { commandContext } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import { EnvironmentKey } from "../api.ts";
import { ClientsSchema, ParitySchema, ReceiptStatusSchema } from "../clients-api.ts";
import { disagreeing } from "../domain/index.ts";
import { publishProbe } from "./commands/publish-probe.ts";
import type { FlagRouteDependencies } from "./dependencies.ts";
import { readParity } from "./parity.ts";
import { unwrap } from "./problems.ts";
import { inForce, mustHaveEnvironment } from "./route-guards.ts";
import type { ReceiptStatus } from "./subscribers.ts";

const EnvironmentQuery = Type.Object({ environment: EnvironmentKey });

/** A status as it travels. */
export function receiptView(status: ReceiptStatus) {
  return {
    ...status,
    publishedAt: status.publishedAt?.toISOString() ?? null,
    firstAt: status.firstAt?.toISOString() ?? null,
  };
}

function addClients(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flags/clients",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "Connected clients over all nodes, by protocol, name, version and revision",
        querystring: EnvironmentQuery,
        response: { 200: ClientsSchema },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const { environment } = request.query;
      await mustHaveEnvironment(deps, workspaceId, environment);
      const groups = await deps.subscribers.clients(workspaceId, environment);
      const { revision } = deps.flagSets.get(workspaceId, environment);
      return {
        revision,
        connected: groups.reduce((total, { clients }) => total + clients, 0),
        items: groups.map((group) => ({ ...group })),
      };
    },
  );
  app.get(
    "/api/v1/flags/publications/:revision/receipts",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "How far a revision has come with the clients of an environment",
        params: Type.Object({ revision: Type.Integer({ minimum: 1 }) }),
        querystring: EnvironmentQuery,
        response: { 200: ReceiptStatusSchema },
      },
    },
    async (request) => {
      const { workspaceId } = commandContext(request);
      const { environment } = request.query;
      await mustHaveEnvironment(deps, workspaceId, environment);
      const { revision } = request.params;
      return receiptView(await deps.subscribers.status(workspaceId, environment, revision));
    },
  );
}

function addParity(app: App, deps: FlagRouteDependencies): void {
  app.get(
    "/api/v1/flags/parity",
    {
      config: { permission: "flag.read" },
      schema: {
        summary: "Which bucketing each kind of client that evaluates by itself really runs",
        querystring: EnvironmentQuery,
        response: { 200: ParitySchema },
      },
    },
    async (request) => {
      const { workspaceId, now } = commandContext(request);
      const { environment } = request.query;
      await mustHaveEnvironment(deps, workspaceId, environment);
      const rows = await readParity(deps.db, deps.subscribers, { workspaceId, environment }, now);
      const other = new Set(disagreeing(rows, "flagd-v2"));
      return {
        agrees: other.size === 0,
        items: rows.map((row) => ({
          ...row,
          agrees: !other.has(row),
          reportedAt: row.reportedAt?.toISOString() ?? null,
        })),
      };
    },
  );
  app.post(
    "/api/v1/flags/parity/probe",
    {
      config: { permission: "flag.publish" },
      schema: {
        summary: "Publish the parity probe in an environment, for clients that are not ours",
        body: Type.Object({ environment: EnvironmentKey }, { additionalProperties: false }),
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const { environment } = request.body;
      await mustHaveEnvironment(deps, ctx.workspaceId, environment);
      const published = unwrap(await publishProbe(ctx, deps.door, environment));
      return inForce(deps, ctx, published);
    },
  );
}

/** Registers what people see of clients: who listens, what they have, which bucketing they run. */
export function registerReceiptRoutes(app: App, deps: FlagRouteDependencies): void {
  addClients(app, deps);
  addParity(app, deps);
}
