import { OpenFeature } from "@openfeature/server-sdk";
import type { Client } from "@openfeature/server-sdk";
import { PacelineProvider } from "@paceline/openfeature-node";

/** Connects this program; afterwards an evaluation waits for nothing. */
export async function connect(
  url: string,
  apiKey: string,
  cacheFile: string,
): Promise<{ readonly client: Client; readonly provider: PacelineProvider }> {
  const provider = new PacelineProvider({
    url,
    apiKey,
    client: "shop",
    version: "2.1.0",
    cacheFile,
  });
  await OpenFeature.setProviderAndWait("shop", provider);
  return { client: OpenFeature.getClient("shop"), provider };
}
