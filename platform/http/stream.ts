import { Type } from "typebox";

import { identityOf } from "./access.ts";
import type { App } from "./app-type.ts";
import { TOO_MANY_STREAMS } from "./event-streams.ts";
import type { SseHub } from "./sse.ts";

const MAX_TOPICS = 50;
/** Of a process: one for each open page, each with a socket and a look-up of its session every 15 s. */
const MAX_STREAMS = 5_000;

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
      if (hub.size() >= MAX_STREAMS) throw TOO_MANY_STREAMS;
      const lastEventId = request.headers["last-event-id"];
      hub.subscribe(
        { workspaceId, topics, stream: app.eventStreams.open(request, reply) },
        typeof lastEventId === "string" ? lastEventId : undefined,
      );
    },
  );
}
