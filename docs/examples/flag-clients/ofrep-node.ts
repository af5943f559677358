import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import type { Client } from "@openfeature/server-sdk";

/** Every evaluation is asked of Paceline, which records the exposure. */
export async function connect(host: string, key: string): Promise<Client> {
  const provider = new OFREPProvider({ baseUrl: host, headers: [["X-API-Key", key]] });
  await OpenFeature.setProviderAndWait("ofrep", provider);
  return OpenFeature.getClient("ofrep");
}
