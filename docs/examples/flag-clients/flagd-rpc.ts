import { FlagdProvider } from "@openfeature/flagd-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import type { Client } from "@openfeature/server-sdk";

/** Every evaluation is asked of Paceline, over TLS that an authority of your own signs. */
export async function connect(host: string, port: number, certPath: string): Promise<Client> {
  const provider = new FlagdProvider({
    resolverType: "rpc",
    host,
    port,
    tls: true,
    certPath,
    retryBackoffMaxMs: 2_000,
  });
  await OpenFeature.setProviderAndWait("rpc", provider);
  return OpenFeature.getClient("rpc");
}
