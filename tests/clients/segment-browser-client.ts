import type { Analytics, AnalyticsBrowser } from "@segment/analytics-next";
import { JSDOM } from "jsdom";

import { Deliveries, inGroups, SENT_ID } from "./sent-id.ts";
import type { ClientRun } from "./sent-id.ts";

/** What analytics.js looks for in the global object of a page. */
const PAGE_GLOBALS = [
  "document",
  "localStorage",
  "sessionStorage",
  "location",
  "XMLHttpRequest",
] as const;

/**
 * `@segment/analytics-next` in jsdom with its defaults: one request an event, kept in its queue and
 * repeated up to 10 times. It takes every answer below 400 as delivered, which is read at the page's
 * `fetch`; nothing but our host answers, so its settings come from there too.
 */
export const segmentBrowser: ClientRun = async ({ host, writeKey, events }) => {
  const { window } = new JSDOM("<!doctype html><title>Shop</title>", {
    url: "https://shop.example/cart?utm_source=drill",
  });
  for (const name of PAGE_GLOBALS) define(name, Reflect.get(window, name));
  define("window", window);
  define("navigator", Reflect.get(window, "navigator"));
  const deliveries = new Deliveries();
  const nodeFetch = globalThis.fetch;
  const pageFetch: typeof fetch = async (input, options) => {
    const response = await nodeFetch(input, options);
    const id = /"sentId":"([^"]+)"/.exec(
      typeof options?.body === "string" ? options.body : "",
    )?.[1];
    if (id !== undefined && response.status < 400) deliveries.settle(id, null);
    return response;
  };
  define("fetch", pageFetch);
  Object.defineProperty(window, "fetch", { value: pageFetch });
  const { connect } = await import("../../docs/examples/clients/segment-browser.ts");
  const analytics = await loaded(() => connect(host, writeKey));
  analytics.on("error", () => (deliveries.failed += 1));
  const send = (place: number): void => {
    const options = { context: { [SENT_ID]: `segment-browser-${place}` } };
    switch (place % 6) {
      case 0:
        return void analytics.identify(`user-${place % 500}`, { plan: "free" }, options);
      case 1:
        return void analytics.page("Shop", "Cart", { step: 1 }, options);
      case 2:
        return void analytics.group(`team-${place % 7}`, { size: 3 }, options);
      case 3:
        return void analytics.track(
          "Experiment Viewed",
          { experiment_id: `drill-browser-${place}`, variation_id: "a" },
          options,
        );
      default:
        return void analytics.track("Order Completed", { total: place }, options);
    }
  };
  // Its queue takes what fails once behind everything that is new; it is emptied in between.
  await inGroups(events, send, () => deliveries.all(Math.min(events, deliveries.settled + 100)));
  const report = await deliveries.all(events);
  window.close();
  return report;
};

/** The settings are asked for once a page load; a page that met a dead server is loaded again. */
async function loaded(load: () => AnalyticsBrowser): Promise<Analytics> {
  for (;;) {
    try {
      const [analytics] = await load();
      return analytics;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RELOAD_MS));
    }
  }
}

const RELOAD_MS = 500;

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
