import { OpenFeature } from "@openfeature/web-sdk";
import type { Client } from "@openfeature/web-sdk";
import { PacelineWebProvider, readBootstrap } from "@paceline/openfeature-web";

/** Connects a page. Another visitor is `OpenFeature.setContext("shop-page", …)`. */
export async function connectPage(
  url: string,
  apiKey: string,
  visitor: { readonly targetingKey: string; readonly plan: string },
): Promise<Client> {
  const bootstrap = readBootstrap();
  await OpenFeature.setContext("shop-page", visitor);
  const provider = new PacelineWebProvider({
    url,
    apiKey,
    client: "shop-page",
    ...(bootstrap === undefined ? {} : { bootstrap }),
  });
  await OpenFeature.setProviderAndWait("shop-page", provider);
  return OpenFeature.getClient("shop-page");
}
