import type { CommandContext } from "@paceline/command";
import type { Db } from "@paceline/db";
import { commandContext, notFound } from "@paceline/http";
import type { App } from "@paceline/http";
import { Type } from "typebox";

import {
  AlertmanagerBody,
  AlertReceiverSchema,
  AlertSchema,
  AlertsReceivedSchema,
  CreateAlertReceiverBody,
  NewAlertReceiverSchema,
} from "../../api.ts";
import { createAlertReceiver } from "../commands/create-alert-receiver.ts";
import { revokeAlertReceiver } from "../commands/revoke-alert-receiver.ts";
import { findReceiver, listAlerts, listReceivers } from "./alert-repository.ts";
import type { AlertReceiver, StoredAlert } from "./alert-repository.ts";
import { alertTokenHash, receiveAlerts } from "./receive-alerts.ts";

const SHOWN_ALERTS = 200;
/** Alertmanager sends a group's alerts at once; a thousand of them with long labels fit. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

export interface AlertRouteDependencies {
  readonly db: Db;
  /** A context of a service of that name for one workspace. */
  readonly serviceContext: (name: string, workspaceId: string) => CommandContext;
  /** Wakes whoever reads guards. */
  readonly onAlerts: () => void;
}

function receiverDocument(receiver: AlertReceiver) {
  const { workspaceId: _, ...shown } = receiver;
  return {
    ...shown,
    createdAt: receiver.createdAt.toISOString(),
    lastUsedAt: receiver.lastUsedAt?.toISOString() ?? null,
    revokedAt: receiver.revokedAt?.toISOString() ?? null,
  };
}

function alertDocument(alert: StoredAlert) {
  return {
    ...alert,
    startsAt: alert.startsAt.toISOString(),
    endsAt: alert.endsAt?.toISOString() ?? null,
    receivedAt: alert.receivedAt.toISOString(),
  };
}

function registerWebhook(app: App, deps: AlertRouteDependencies): void {
  app.post(
    "/api/v1/alerts/:token",
    {
      // The token is the permission; sending the same again is how Alertmanager works.
      config: { permission: "public", idempotent: false },
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags: ["rollouts"],
        summary: "Send alerts in Alertmanager's webhook format, version 4",
        description: "Needs no identity besides the secret path, which is kept as a hash.",
        params: Type.Object({ token: Type.String({ maxLength: 200 }) }),
        body: AlertmanagerBody,
        response: { 200: AlertsReceivedSchema },
      },
    },
    async (request) => {
      const receiver = await findReceiver(deps.db, alertTokenHash(request.params.token));
      if (receiver === null) throw notFound("alert receiver with this token");
      const ctx = deps.serviceContext(`alerts: ${receiver.name}`, receiver.workspaceId);
      const received = await receiveAlerts(ctx, receiver, request.body);
      deps.onAlerts();
      return received;
    },
  );
}

function registerReceivers(app: App): void {
  app.get(
    "/api/v1/alert-receivers",
    {
      config: { permission: "key.read" },
      schema: {
        summary: "Where other systems may send their alerts",
        response: { 200: Type.Object({ items: Type.Array(AlertReceiverSchema) }) },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      return { items: (await listReceivers(db, workspaceId)).map(receiverDocument) };
    },
  );
  app.post(
    "/api/v1/alert-receivers",
    {
      config: { permission: "key.edit" },
      schema: {
        summary: "Open a place for alerts; its address is shown once",
        body: CreateAlertReceiverBody,
        response: { 201: NewAlertReceiverSchema },
      },
    },
    async (request, reply) => {
      const created = await createAlertReceiver(commandContext(request), request.body);
      if (!created.ok) throw new Error("a receiver cannot be refused");
      const { receiver, token } = created.value;
      void reply.status(201);
      return { receiver: receiverDocument(receiver), path: `/api/v1/alerts/${token}` };
    },
  );
  app.delete(
    "/api/v1/alert-receivers/:id",
    {
      config: { permission: "key.edit" },
      schema: {
        summary: "Close a place for alerts",
        params: Type.Object({ id: Type.String({ format: "uuid" }) }),
        response: { 200: AlertReceiverSchema },
      },
    },
    async (request) => {
      const revoked = await revokeAlertReceiver(commandContext(request), request.params);
      if (!revoked.ok) throw notFound("alert receiver that is not revoked");
      return receiverDocument(revoked.value);
    },
  );
}

/** Registers the webhook for alerts of other systems, and what people see and do with its receivers. */
export function registerAlertRoutes(app: App, deps: AlertRouteDependencies): void {
  registerWebhook(app, deps);
  registerReceivers(app);
  app.get(
    "/api/v1/alerts",
    {
      config: { permission: "rollout.read" },
      schema: {
        summary: "The alerts of other systems, those heard of last first",
        response: { 200: Type.Object({ items: Type.Array(AlertSchema) }) },
      },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      return { items: (await listAlerts(db, workspaceId, SHOWN_ALERTS)).map(alertDocument) };
    },
  );
}
