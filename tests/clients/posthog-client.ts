import { gunzipSync } from "node:zlib";

import { connect } from "../../docs/examples/clients/posthog-node.ts";
import { Deliveries, inGroups, SENT_ID } from "./sent-id.ts";
import type { ClientRun } from "./sent-id.ts";

/**
 * `posthog-node`: batches of 20, gzip, 10 retries 3 s apart. It reports batches, not events, so what
 * it took as delivered is read at its own documented `fetch` option.
 */
export const posthogNode: ClientRun = async ({ host, writeKey, events }) => {
  const deliveries = new Deliveries();
  const client = connect(host, writeKey, {
    async fetch(url, options) {
      const response = await fetch(url, options);
      if (response.ok) for (const id of idsIn(options.body)) deliveries.settle(id, null);
      return response;
    },
  });
  client.on("error", () => undefined);
  const send = (place: number): void => {
    const id = `posthog-node-${place}`;
    const distinctId = `user-${place % 500}`;
    const marked = { [SENT_ID]: id };
    const groupId = `team-${place % 7}`;
    switch (place % 8) {
      case 0:
        return client.capture({
          distinctId,
          event: "$identify",
          properties: { $set: { plan: "free" }, ...marked },
        });
      case 1:
        return client.capture({
          distinctId,
          event: "$pageview",
          properties: { $pathname: "/", ...marked },
        });
      case 2:
        return client.capture({
          distinctId,
          event: "$screen",
          properties: { $screen_name: "Cart", ...marked },
        });
      case 3:
        return client.groupIdentify({
          groupType: "team",
          groupKey: groupId,
          properties: marked,
          distinctId,
        });
      case 4:
        return client.capture({
          distinctId,
          event: "$create_alias",
          properties: { alias: `anonymous-${place}`, ...marked },
        });
      case 5:
        return client.capture({
          distinctId: `reader-${place}`,
          event: "$feature_flag_called",
          properties: { $feature_flag: "drill-flag", $feature_flag_response: "b", ...marked },
        });
      default:
        return client.capture({
          distinctId,
          event: "order completed",
          properties: { total: place, ...marked },
        });
    }
  };
  await inGroups(events, send, () => client.flush().catch(() => undefined));
  // Batches that met a dead server stay in its queue.
  while (deliveries.settled < events) await client.flush().catch(() => undefined);
  await client.shutdown(60_000);
  return deliveries.all(events);
};

function idsIn(body: unknown): string[] {
  const bytes = typeof body === "string" ? Buffer.from(body) : bytesOf(body);
  const text = bytes[0] === 0x1f ? gunzipSync(bytes).toString() : bytes.toString();
  return [...text.matchAll(/"sentId":"([^"]+)"/g)].map(([, id = ""]) => id);
}

function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  throw new TypeError("posthog-node sends its body in a way that the drill does not know");
}
