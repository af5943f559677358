import { Type } from "typebox";

import { identityOf } from "./access.ts";
import type { App } from "./app-type.ts";
import type { SseHub } from "./sse.ts";

const MAX_TOPICS = 50;

/** `GET /api/v1/stream?topics=a,b`: live changes of the caller's workspace; resumes by `Last-Event-ID`. */
export function registerStream(app: App, hub: SseHub): void {
  app.get(
    "/api/v1/stream",
    {
      config: { permission: "workspace.read" },
      schema: {
        summary: "Live changes as server-sent events",
        querystring: Type.Object({ topics: Type.String({ minLength: 1, maxLength: 2_000 }) }),
      },
    },
    async (request, reply) => {
      const { workspaceId } = identityOf(request);
      const topics = new Set(request.query.topics.split(",").slice(0, MAX_TOPICS));
      reply.hijack();
      reply.raw.writeHead(200, {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
        "x-content-type-options": "nosniff",
      });
      const lastEventId = request.headers["last-event-id"];
      hub.subscribe(
        { workspaceId, topics, stream: reply.raw },
        typeof lastEventId === "string" ? lastEventId : undefined,
      );
    },
  );
}
