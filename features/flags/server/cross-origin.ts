import type { App } from "@paceline/http";

/** What pages of other origins may do with some paths. */
export interface CrossOrigin {
  readonly paths: readonly string[];
  readonly methods: string;
  /** Headers of requests that they may set, and of answers that they may read. */
  readonly headers: string;
  readonly exposed: string;
}

/**
 * Lets pages of any origin call the routes of a scope and read what they answer, refusals too: a key
 * or a ticket says what they may, and no cookie counts.
 */
export function addCrossOrigin(app: App, { paths, methods, headers, exposed }: CrossOrigin): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    void reply.header("access-control-allow-origin", "*");
    void reply.header("access-control-expose-headers", exposed);
    done(null, payload);
  });
  for (const path of paths) {
    app.options(
      path,
      { config: { permission: "public" }, schema: { hide: true } },
      async (_request, reply) =>
        reply
          .status(204)
          .header("access-control-allow-methods", methods)
          .header("access-control-allow-headers", headers)
          .header("access-control-max-age", "7200")
          .send(),
    );
  }
}
