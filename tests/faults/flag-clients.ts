/** What flag clients get while servers die: our SDK, flagd's provider, and a page with OFREP's event stream. */
import { setTimeout as pause } from "node:timers/promises";

import { FlagdProvider } from "@openfeature/flagd-provider";
import { OpenFeature, ProviderEvents } from "@openfeature/server-sdk";
import type { Client, Provider } from "@openfeature/server-sdk";
import { PacelineProvider } from "@paceline/openfeature-node";

/** How many of a client's units had the new variant at a moment. */
export interface Got {
  readonly atMs: number;
  /** Of all units. */
  readonly share: number;
}

/** A client that looks at one flag whenever it hears of a change, and keeps what it got. */
export interface FlagClient {
  readonly name: string;
  readonly units: readonly string[];
  readonly got: readonly Got[];
  /** Looks now, whether the server is there or not. */
  look(): Promise<number>;
  /** Those of the units that have the new variant now; the SDK reports that they looked. */
  exposed(units?: readonly string[]): Promise<readonly string[]>;
  close(): Promise<void>;
}

const RETRY_MS = 100;

/** Names of units. */
export function unitsOf(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

interface Evaluating {
  readonly name: string;
  readonly domain: string;
  readonly provider: Provider;
  readonly flagKey: string;
  readonly units: readonly string[];
}

/** A service that evaluates in its own process, and looks when its provider tells of a change. */
async function openService({
  name,
  domain,
  provider,
  flagKey,
  units,
}: Evaluating): Promise<FlagClient> {
  await OpenFeature.setProviderAndWait(domain, provider);
  const client: Client = OpenFeature.getClient(domain);
  const got: Got[] = [];
  const exposed = async (all = units): Promise<readonly string[]> => {
    const served: string[] = [];
    for (const targetingKey of all) {
      if (await client.getBooleanValue(flagKey, false, { targetingKey })) served.push(targetingKey);
    }
    return served;
  };
  const look = async (): Promise<number> => {
    const share = (await exposed()).length / units.length;
    if (got.at(-1)?.share !== share) got.push({ atMs: Date.now(), share });
    return share;
  };
  client.addHandler(ProviderEvents.ConfigurationChanged, () => void look());
  await look();
  const close = async (): Promise<void> => provider.onClose?.();
  return { name, units, got, look, exposed, close };
}

/** A service with our SDK, which reports whom it exposed. */
export function openSdkClient(
  url: string,
  apiKey: string,
  flagKey: string,
  units: readonly string[],
): Promise<FlagClient> {
  const provider = new PacelineProvider({ url, apiKey });
  return openService({
    name: `SDK at ${url}`,
    domain: `${flagKey}@${url}`,
    provider,
    flagKey,
    units,
  });
}

/** A service with flagd's own provider, which synchronizes over gRPC. It can send no key. */
export function openSyncClient(
  port: number,
  flagKey: string,
  units: readonly string[],
): Promise<FlagClient> {
  const provider = new FlagdProvider({
    resolverType: "in-process",
    host: "127.0.0.1",
    port,
    tls: false,
    deadlineMs: 60_000,
    retryBackoffMs: RETRY_MS,
    retryBackoffMaxMs: RETRY_MS,
  });
  const domain = `${flagKey}@sync:${port}`;
  return openService({ name: `flagd at ${port}`, domain, provider, flagKey, units });
}

interface Page {
  readonly url: string;
  readonly key: string;
  readonly flagKey: string;
}

async function post({ url, key }: Page, path: string, context: object): Promise<unknown> {
  const answer = await fetch(new URL(path, url), {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ context }),
  });
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

async function openStream(page: Page, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const bulk = (await post(page, "/ofrep/v1/evaluate/flags", { targetingKey: "page" })) as {
    eventStreams: { endpoint: { requestUri: string } }[];
  };
  const path = bulk.eventStreams[0]?.endpoint.requestUri ?? "";
  const stream = await fetch(new URL(path, page.url), {
    signal,
    headers: { accept: "text/event-stream" },
  });
  if (stream.status !== 200 || stream.body === null) throw new Error("no stream");
  return stream.body;
}

/** Pages of OFREP: they ask anew when the stream says so, and keep their values while nobody answers. */
export async function openOfrepClient(page: Page, units: readonly string[]): Promise<FlagClient> {
  const got: Got[] = [];
  const stop = new AbortController();
  let has: readonly string[] = [];
  const ask = async (): Promise<void> => {
    const served: string[] = [];
    const revisions = new Set<number>();
    for (const targetingKey of units) {
      const answer = (await post(page, `/ofrep/v1/evaluate/flags/${page.flagKey}`, {
        targetingKey,
      })) as { value: unknown; metadata: { revision: number } };
      revisions.add(answer.metadata.revision);
      if (answer.value === true) served.push(targetingKey);
    }
    // Pages that asked before and after a publication are no one moment.
    if (revisions.size > 1) return ask();
    has = served;
    const share = served.length / units.length;
    if (got.at(-1)?.share !== share) got.push({ atMs: Date.now(), share });
    return undefined;
  };
  const follow = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        const body = await openStream(page, stop.signal);
        await ask();
        for await (const bytes of body) {
          if (Buffer.from(bytes).includes("data:")) await ask();
        }
      } catch {
        // The server is away: what the pages have stays.
      }
      await pause(RETRY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  await ask();
  const following = follow();
  return {
    name: `OFREP at ${page.url}`,
    units,
    got,
    look: async () => has.length / units.length,
    exposed: async () => has,
    async close() {
      stop.abort();
      await following;
    },
  };
}
