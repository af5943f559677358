import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { becomeOwner, makeKey, startTestServer } from "@paceline/server/test-server";
import type { TestServer } from "@paceline/server/test-server";
import { launchBrowser } from "@paceline/test-kit";
import type { TestBrowser } from "@paceline/test-kit";

import { buildWeb } from "../../tools/build-web.ts";

const BUILD_LOCK = join(import.meta.dirname, "../../node_modules/.cache/paceline-web-build");
const BUILD_TAKES_AT_MOST_MS = 120_000;
const LOOK_AGAIN_MS = 100;
/** Generous, because a busy machine is slow; what is waited for usually comes within half a second. */
const WAIT_AT_MOST_MS = 60_000;

type ContextOptions = NonNullable<Parameters<TestBrowser["newContext"]>[0]>;
export type BrowserContext = Awaited<ReturnType<TestBrowser["newContext"]>>;
export type Page = Awaited<ReturnType<TestBrowser["newPage"]>>;

/** The whole product, built as it is shipped, and one browser: what each file of journeys runs on. */
export interface Product {
  readonly server: TestServer;
  /** A window of a person who has visited nothing yet. */
  open(options?: ContextOptions): Promise<Visit>;
  close(): Promise<void>;
}

/** One page in a browser context of its own. */
export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the console and of scripts, and violations of the content security policy, so far. */
  readonly complaints: string[];
}

/** One file builds, the others wait for it; a lock that is older than any build is of a killed run. */
async function buildOnce(): Promise<void> {
  await mkdir(join(BUILD_LOCK, ".."), { recursive: true });
  const taken = (): Promise<boolean> =>
    mkdir(BUILD_LOCK).then(
      () => true,
      () => false,
    );
  while (!(await taken())) {
    const age = await stat(BUILD_LOCK).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > BUILD_TAKES_AT_MOST_MS) await rm(BUILD_LOCK, { recursive: true, force: true });
    else await pause(LOOK_AGAIN_MS);
  }
  try {
    buildWeb();
  } finally {
    await rm(BUILD_LOCK, { recursive: true, force: true });
  }
}

async function visit(browser: TestBrowser, options: ContextOptions): Promise<Visit> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(WAIT_AT_MOST_MS);
  await context.addInitScript(`document.addEventListener("securitypolicyviolation", (event) =>
    console.error("policy violated: " + event.violatedDirective + " by " + event.blockedURI))`);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error")
      complaints.push(`${message.text()} ${message.location().url} on ${page.url()}`);
  });
  page.on("pageerror", (error) => complaints.push(`${error.message} on ${page.url()}`));
  return { page, context, complaints };
}

export async function openProduct(): Promise<Product> {
  await buildOnce();
  const [server, browser] = await Promise.all([startTestServer(), launchBrowser()]);
  return {
    server,
    open: (options = {}) => visit(browser, options),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

/**
 * Steps of one journey: each begins where the one before it ended, so the first that fails ends it at
 * once, and says what the page showed.
 */
export function journey(shown: () => Page): (name: string, walk: () => Promise<void>) => void {
  let broken = false;
  return (name, walk) => {
    void test(name, async () => {
      if (broken) throw new Error("an earlier step of this journey failed");
      broken = true;
      try {
        await walk();
      } catch (error) {
        const page = await shown().locator("body").ariaSnapshot();
        throw new Error(`${String(error)}\n\nThe page showed:\n${page}`, { cause: error });
      }
      broken = false;
    });
  };
}

/** Owns the workspace without the pages, for journeys that begin after that. */
export interface Owner {
  /** Lets a browser context in, as if the owner had signed in there. */
  letIn(context: BrowserContext): Promise<void>;
  /** Calls the public API as a program with an admin key does. */
  call: Call;
  /** The secret of a new key of one environment. */
  key(scope: "intake" | "evaluate", environment?: string): Promise<string>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever JSON came
export type Json = any;
export type Call = (
  method: "GET" | "POST" | "PUT",
  path: string,
  body?: object,
  key?: string,
  /** The version that was read, where a route asks for it. */
  etag?: number,
) => Promise<Json>;

/** Calls over HTTP, as any client would; throws on every answer that is not a success. */
function caller(server: TestServer, ownKey: string): Call {
  return async (method, path, body, key = ownKey, etag) => {
    const answer = await fetch(new URL(path, server.url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(etag === undefined ? {} : { "if-match": `"${etag}"` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? null : JSON.parse(text);
  };
}

export async function asOwner(server: TestServer): Promise<Owner> {
  const cookie = await becomeOwner(server);
  const [name = "", value = ""] = cookie.split("=");
  const call = caller(server, (await makeKey(server, cookie, "admin")).secret);
  return {
    call,
    letIn: (context) => context.addCookies([{ name, value, url: server.url }]),
    async key(scope, environment = "production") {
      const { secret } = await call("POST", "/api/v1/keys", {
        name: `${scope} in ${environment}`,
        scopes: [scope],
        environment,
      });
      return secret;
    },
  };
}
