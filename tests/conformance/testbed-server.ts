import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { compileFlagSet } from "@paceline/flag-eval";
import type { PublishedSet } from "@paceline/flags/domain";
import {
  registerOfrep,
  ReloadingCredentials,
  startEvaluationServer,
  startSyncServer,
} from "@paceline/flags/server";
import type {
  FlagSetChange,
  FlagSets,
  GrpcDependencies,
  GrpcServer,
  ServingDependencies,
} from "@paceline/flags/server";
import { createApp } from "@paceline/http";
import type { App, Identity } from "@paceline/http";
import type { TestCertificate } from "@paceline/test-kit";

const WORKSPACE = "testbed";
/** As the test bed names its sources; each is an environment here. */
const ALL = "flags/allFlags.json";
const SELECTABLE = ["selector-flags.json", "selector-flag-combined-metadata.json"];
/** What flagd adds to every context, by the test bed's configuration. */
const STATIC_CONTEXT = { injectedmetadata: "set" };

type Document = Record<string, Record<string, unknown> | undefined>;

function readDocument(folder: string, name: string): Document {
  return JSON.parse(readFileSync(join(folder, "flags", name), "utf8")) as Document;
}

function merged(documents: readonly Document[]): Document {
  const of = (name: string) => Object.assign({}, ...documents.map((one) => one[name] ?? {}));
  return { flags: of("flags"), $evaluators: of("$evaluators") };
}

function setOf(environment: string, revision: number, document: Document): PublishedSet {
  const compiled = compileFlagSet(document);
  if (!compiled.ok) throw new Error(compiled.error.kind);
  return {
    workspaceId: WORKSPACE,
    environment,
    revision,
    flags: new Map(Object.keys(document["flags"] ?? {}).map((key) => [key, {}])),
    document: { metadata: {}, ...document },
    serverOnly: new Map(),
    compiled: compiled.value,
    plans: new Map(),
  } as unknown as PublishedSet;
}

/** The test bed's flags in place of those that people publish; everything else is the real server. */
export class TestbedFlags implements FlagSets {
  readonly #sets = new Map<string, PublishedSet>();
  readonly #listeners = new Set<(change: FlagSetChange) => void>();
  readonly #all: Document;
  #revision = 1;

  constructor(folder: string) {
    const names = readdirSync(join(folder, "flags")).filter((name) => name.endsWith(".json"));
    const all = names.filter((name) => !SELECTABLE.includes(name));
    this.#all = merged(all.toSorted().map((name) => readDocument(folder, name)));
    for (const name of SELECTABLE) {
      const environment = `rawflags/${name}`;
      this.#sets.set(environment, setOf(environment, 1, readDocument(folder, name)));
    }
    this.#sets.set(ALL, setOf(ALL, 1, this.#all));
  }

  get environments(): readonly string[] {
    return [ALL, ...SELECTABLE.map((name) => `rawflags/${name}`)];
  }

  /** Gives `changing-flag` its other default variant. */
  change(): void {
    const flags = this.#all["flags"] ?? {};
    const flag = flags["changing-flag"] as { defaultVariant: string };
    flag.defaultVariant = flag.defaultVariant === "foo" ? "bar" : "foo";
    this.#revision += 1;
    const set = setOf(ALL, this.#revision, this.#all);
    this.#sets.set(ALL, set);
    for (const listener of this.#listeners) {
      listener({ set, changedKeys: ["changing-flag"], publications: [] } as FlagSetChange);
    }
  }

  get(_workspaceId: string, environment: string): PublishedSet {
    return this.#sets.get(environment) ?? setOf(environment, 0, { flags: {} });
  }

  async refresh(workspaceId: string, environment: string): Promise<PublishedSet> {
    return this.get(workspaceId, environment);
  }

  async catchUp(workspaceId: string, environment: string): Promise<PublishedSet> {
    return this.get(workspaceId, environment);
  }

  async refreshAll(): Promise<void> {}

  known(): readonly PublishedSet[] {
    return [...this.#sets.values()];
  }

  onChange(listener: (change: FlagSetChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }
}

/** A key is what it opens, here. */
function callerOf(environment: string): Identity {
  const actor = { kind: "key", id: "k", name: "k", scopes: ["evaluate"], environment } as const;
  return { actor, workspaceId: WORKSPACE, environment, via: "key" };
}

function servingOf(flagSets: FlagSets): ServingDependencies {
  const nothing = (): void => undefined;
  return {
    flagSets,
    subscribers: { join: () => ({ id: "", delivered: nothing, leave: nothing }) },
    contexts: { offer: nothing },
    usage: { evaluated: nothing, evaluatedAll: nothing },
    assignments: { contextFor: (_set: unknown, _key: unknown, context: unknown) => context },
    recordExposure: async () => undefined,
    environmentNow: () => new Date(),
    maxEvaluationsPerSecond: 1_000_000,
    monotonicMs: () => performance.now(),
    credentials: {
      knownIdentity: (headers: Record<string, string>) => callerOf(headers["x-api-key"] ?? ALL),
      identityOfHeaders: async (headers: Record<string, string>) =>
        callerOf(headers["x-api-key"] ?? ALL),
      ticketOf: ({ environment }: Identity) => environment,
      identityOfTicket: async (ticket: string) => callerOf(ticket),
    },
    staticContext: STATIC_CONTEXT,
    onError(error: unknown) {
      throw error;
    },
  } as unknown as ServingDependencies;
}

/** How a launched server is reached. */
export interface Launch {
  readonly kind: "plain" | "tls" | "forbidden";
  readonly socket: string;
  readonly certificate: TestCertificate;
}

interface Running {
  readonly port: number;
  close(): Promise<void>;
}

/** As a proxy in front that lets nobody in, which the test bed has for this. */
async function startForbidding(port: number): Promise<Running> {
  const server = createServer();
  server.on("stream", (stream) => {
    stream.respond({ ":status": 403 }, { endStream: true });
  });
  const sessions = new Set<{ destroy(): void }>();
  server.on("session", (session) => sessions.add(session));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Starts, stops, restarts and changes a server, as the test bed's own launchpad does with flagd. */
export class Launchpad {
  readonly flags: TestbedFlags;
  readonly #start: typeof startSyncServer;
  #running: Running | null = null;
  #port = 0;
  #restart: NodeJS.Timeout | null = null;
  #launch: Launch | null = null;

  constructor(folder: string, mode: "rpc" | "in-process") {
    this.flags = new TestbedFlags(folder);
    this.#start = mode === "rpc" ? startEvaluationServer : startSyncServer;
  }

  /** @returns the port */
  async start(launch: Launch): Promise<number> {
    this.#launch = launch;
    this.#running = await this.#open(launch);
    this.#port = this.#running.port;
    return this.#port;
  }

  async stop(): Promise<void> {
    if (this.#restart !== null) clearTimeout(this.#restart);
    this.#restart = null;
    await this.#running?.close();
    this.#running = null;
    this.#port = 0;
  }

  /** Ends every connection now, and listens again on the same port after a while. */
  async lose(seconds: number): Promise<void> {
    const launch = this.#launch;
    await this.#running?.close();
    this.#running = null;
    this.#restart = setTimeout(() => {
      if (launch !== null) {
        this.#open(launch).then(
          (running) => (this.#running = running),
          (error: unknown) => console.error(error),
        );
      }
    }, seconds * 1_000);
  }

  async #open({ kind, socket, certificate }: Launch): Promise<Running> {
    if (kind === "forbidden") return startForbidding(this.#port);
    const deps: GrpcDependencies = {
      ...servingOf(this.flags),
      identityOfKey: async () => null,
      openEnvironments: async () =>
        this.flags.environments.map((environment) => ({ workspaceId: WORKSPACE, environment })),
    };
    const pair = { cert: Buffer.from(certificate.cert), key: Buffer.from(certificate.key) };
    const server: GrpcServer = await this.#start(deps, {
      addresses: [`127.0.0.1:${this.#port}`, `unix:${socket}`],
      ...(kind === "tls" ? { credentials: new ReloadingCredentials(pair) } : {}),
    });
    return { port: server.ports[0] ?? 0, close: () => server.close() };
  }
}

/** The same flags by OFREP, from the real routes. */
export async function startOfrep(flags: TestbedFlags): Promise<{ url: string; app: App }> {
  const { app } = await createApp({
    db: {} as never,
    clock: { now: () => new Date() },
    authenticate: async ({ headers }) => callerOf(String(headers["x-api-key"] ?? ALL)),
  });
  registerOfrep(app, { ...servingOf(flags), staticContext: {} });
  return { url: await app.listen({ port: 0, host: "127.0.0.1" }), app };
}
