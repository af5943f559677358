import type { App } from "./app-type.ts";
import { problemDocument } from "./problem.ts";

/** Says of each dependency, by name, whether it answers. */
export type HealthChecks = Readonly<Record<string, () => Promise<boolean>>>;

const LIVE = ["/healthz", "/health/live"];
const READY = ["/readyz", "/health/ready"];
/** A dependency that says nothing by then is down. */
const ANSWER_WITHIN_MS = 3_000;

/** Whether the process lives, and whether it can do its work: for those who route requests to it. */
export function addHealth(app: App, checks: HealthChecks): void {
  const options = {
    config: { permission: "public", traced: false },
    schema: { hide: true },
  } as const;
  for (const url of LIVE) app.get(url, options, async () => ({ status: "ok" }));
  for (const url of READY) {
    app.get(url, options, async (request, reply) => {
      const failing = await findFailing(checks);
      if (failing.length === 0) return { status: "ready" };
      const details = {
        name: "not-ready",
        title: "Not ready",
        status: 503,
        detail: `Does not answer: ${failing.join(", ")}.`,
        extensions: { failing },
      };
      // Not thrown: who asks every second would fill the log with what it knows.
      return reply
        .status(details.status)
        .headers({ "content-type": "application/problem+json; charset=utf-8", "retry-after": "1" })
        .send(JSON.stringify(problemDocument(details, `${url}#${request.id}`)));
    });
  }
}

async function findFailing(checks: HealthChecks): Promise<readonly string[]> {
  const answers = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const isWell = await Promise.race([check().catch(() => false), falseAfter(ANSWER_WITHIN_MS)]);
      return isWell ? [] : [name];
    }),
  );
  return answers.flat();
}

function falseAfter(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}
