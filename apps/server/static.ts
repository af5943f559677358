import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import fastifyStatic from "@fastify/static";
import { notFound } from "@paceline/http";
import type { App } from "@paceline/http";

const ONE_YEAR_S = 31_536_000;
/** Paths that belong to programs; an unknown one among them must not answer with the page. */
const PROGRAM_PATHS =
  /^\/(?:api|ofrep|flagd|flags\/v1|v1|metrics|health|healthz|readyz|assets|schemas|batch|capture|e|i|decide)(?:\/|$)/;

/** Hashes (`'sha256-…'`) of the inline scripts of the built page, written by the web build. */
function readScriptHashes(webDir: string): readonly string[] {
  const file = join(webDir, "csp-hashes.json");
  if (!existsSync(file)) return [];
  const hashes: unknown = JSON.parse(readFileSync(file, "utf8"));
  return Array.isArray(hashes) ? hashes.filter((hash) => typeof hash === "string") : [];
}

/** The content security policy of the web app: own files only, no framing, Trusted Types. */
export function pagePolicy(scriptHashes: readonly string[]): string {
  return [
    "default-src 'self'",
    `script-src 'self' ${scriptHashes.map((hash) => `'${hash.replaceAll("'", "")}'`).join(" ")}`.trim(),
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

/** Serves the built web app; every path that is not a program's answers with its one page. */
export async function serveWeb(app: App, webDir: string): Promise<void> {
  const page = join(webDir, "index.html");
  if (!existsSync(page)) {
    app.get("/", { config: { permission: "public" }, schema: { hide: true } }, async () => {
      throw notFound("web app; build it with `npm run build:web`");
    });
    return;
  }
  const policy = pagePolicy(readScriptHashes(webDir));
  await app.register(fastifyStatic, { root: webDir, serve: false, preCompressed: true });
  app.get(
    "/assets/*",
    { config: { permission: "public" }, schema: { hide: true } },
    (request, reply) =>
      reply.sendFile(request.url.split("?")[0] ?? "", {
        maxAge: ONE_YEAR_S * 1000,
        immutable: true,
      }),
  );
  app.get("/*", { config: { permission: "public" }, schema: { hide: true } }, (request, reply) => {
    const path = request.url.split("?")[0] ?? "/";
    if (PROGRAM_PATHS.test(path)) return reply.callNotFound();
    void reply.header("content-security-policy", policy).header("cache-control", "no-cache");
    return reply.sendFile("index.html", { cacheControl: false });
  });
}
