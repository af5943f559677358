import { FlagdProvider } from "@openfeature/flagd-provider";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk";
import type { Provider } from "@openfeature/server-sdk";
import { OpenFeature as WebOpenFeature } from "@openfeature/web-sdk";
import type { Provider as WebProvider } from "@openfeature/web-sdk";
import type { TestCertificate } from "@paceline/test-kit";

import type { Launch, Launchpad } from "./testbed-server.ts";

export type Through = "in-process" | "rpc" | "web" | "ofrep";

/** What a scenario needs of an OpenFeature client. */
export interface TestbedClient {
  evaluate(type: string, key: string, fallback: unknown, context: object): Promise<Details>;
  on(event: "ready" | "error" | "stale" | "change", handler: () => void): void;
  status(): string;
  close(): Promise<void>;
}

export interface Details {
  readonly value: unknown;
  readonly variant?: string;
  readonly reason?: string;
  readonly errorCode?: string;
  readonly flagMetadata: Readonly<Record<string, unknown>>;
}

interface Opening {
  readonly through: Through;
  /** Which server: stable, ssl, socket, unavailable, forbidden, … */
  readonly type: string;
  readonly options: Record<string, unknown>;
  readonly launchpad: Launchpad;
  readonly certPath: string;
  readonly certificate: TestCertificate;
  readonly socket: string;
  readonly ofrepUrl: string;
}

const EVENTS = {
  ready: ProviderEvents.Ready,
  error: ProviderEvents.Error,
  stale: ProviderEvents.Stale,
  change: ProviderEvents.ConfigurationChanged,
} as const;

/** Tried again this soon, and given up as an error this late: the scenarios lose 1 to 6 seconds. */
const PATIENCE = {
  deadlineMs: 2_000,
  retryBackoffMs: 500,
  retryBackoffMaxMs: 500,
  retryGracePeriod: 2,
};

interface ServerClient {
  getBooleanDetails(key: string, fallback: boolean, context: object): Promise<unknown>;
  getStringDetails(key: string, fallback: string, context: object): Promise<unknown>;
  getNumberDetails(key: string, fallback: number, context: object): Promise<unknown>;
  getObjectDetails(key: string, fallback: never, context: object): Promise<unknown>;
}

async function details(
  client: ServerClient,
  [type, key, fallback, context]: Parameters<TestbedClient["evaluate"]>,
): Promise<Details> {
  switch (type.toLowerCase()) {
    case "boolean":
      return (await client.getBooleanDetails(key, fallback as boolean, context)) as Details;
    case "string":
      return (await client.getStringDetails(key, fallback as string, context)) as Details;
    case "object":
      return (await client.getObjectDetails(key, fallback as never, context)) as Details;
    default:
      return (await client.getNumberDetails(key, fallback as number, context)) as Details;
  }
}

async function serverClient(
  provider: Provider,
  domain: string,
  isAwaited: boolean,
): Promise<TestbedClient> {
  if (isAwaited) await OpenFeature.setProviderAndWait(domain, provider);
  else OpenFeature.setProvider(domain, provider);
  const client = OpenFeature.getClient(domain);
  return {
    evaluate: (...asked) => details(client as unknown as ServerClient, asked),
    on: (event, handler) => client.addHandler(EVENTS[event], handler),
    status: () => String(client.providerStatus),
    async close() {
      await OpenFeature.clearProviders();
    },
  };
}

async function webClient(baseUrl: string, headers: [string, string][]): Promise<TestbedClient> {
  const provider = new OFREPWebProvider({ baseUrl, headers, cacheMode: "disabled" });
  await WebOpenFeature.setContext("web", {});
  await WebOpenFeature.setProviderAndWait("web", provider as WebProvider);
  const client = WebOpenFeature.getClient("web");
  const bare: ServerClient = {
    getBooleanDetails: async (key, fallback) => client.getBooleanDetails(key, fallback),
    getStringDetails: async (key, fallback) => client.getStringDetails(key, fallback),
    getNumberDetails: async (key, fallback) => client.getNumberDetails(key, fallback),
    getObjectDetails: async (key, fallback) => client.getObjectDetails(key, fallback),
  };
  return {
    async evaluate(...asked) {
      await WebOpenFeature.setContext("web", asked[3] as never);
      return details(bare, asked);
    },
    on: (event, handler) => client.addHandler(EVENTS[event] as never, handler),
    status: () => String(client.providerStatus),
    close: () => WebOpenFeature.clearProviders(),
  };
}

/** Nothing listens there. */
const DEAD_PORT = 9;

function launchOf(type: string): Launch["kind"] {
  if (type === "ssl") return "tls";
  return type === "forbidden" ? "forbidden" : "plain";
}

/** Starts what a scenario asks for, and a client of it. */
export async function openClient(opening: Opening): Promise<TestbedClient> {
  const { through, type, options, launchpad, certificate, certPath, socket, ofrepUrl } = opening;
  const headers: [string, string][] =
    typeof options["selector"] === "string" ? [["X-API-Key", options["selector"]]] : [];
  if (through === "web") return webClient(ofrepUrl, headers);
  if (through === "ofrep") {
    const provider = new OFREPProvider({ baseUrl: ofrepUrl, headers });
    return serverClient(provider as Provider, "ofrep", true);
  }
  const isUp = type !== "unavailable";
  const port = isUp
    ? await launchpad.start({ kind: launchOf(type), socket, certificate })
    : DEAD_PORT;
  const provider = new FlagdProvider({
    ...PATIENCE,
    ...options,
    resolverType: through,
    host: "localhost",
    port,
    ...(type === "ssl" ? { tls: true, certPath } : {}),
    ...(type === "socket" ? { socketPath: socket } : {}),
  });
  return serverClient(provider, "flagd", isUp && type !== "forbidden");
}
