import { FlagdProvider } from "@openfeature/flagd-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import type { Client } from "@openfeature/server-sdk";

/** The rules are streamed, and evaluated in this process. */
export async function connect(socketPath: string): Promise<Client> {
  const provider = new FlagdProvider({
    resolverType: "in-process",
    socketPath,
    // It waits as long as this after an error before it connects again.
    retryBackoffMaxMs: 2_000,
  });
  await OpenFeature.setProviderAndWait("in-process", provider);
  return OpenFeature.getClient("in-process");
}
