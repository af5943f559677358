import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature } from "@openfeature/web-sdk";
import type { Client, EvaluationContext, Provider } from "@openfeature/web-sdk";

/** All flags are asked for at once, and again when the stream says that one has changed. */
export async function connect(
  host: string,
  key: string,
  context: EvaluationContext,
): Promise<Client> {
  const provider = new OFREPWebProvider({ baseUrl: host, headers: [["X-API-Key", key]] });
  await OpenFeature.setContext("web", context);
  await OpenFeature.setProviderAndWait("web", provider as Provider);
  return OpenFeature.getClient("web");
}
