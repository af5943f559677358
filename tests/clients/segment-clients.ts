import { connect as connectRudderStack } from "../../docs/examples/clients/rudderstack-node.ts";
import { connect as connectSegment } from "../../docs/examples/clients/segment-node.ts";
import { Deliveries, inGroups, SENT_ID } from "./sent-id.ts";
import type { ClientRun } from "./sent-id.ts";

/** `@segment/analytics-node` with its defaults: batches of 15, 10 retries. */
export const segmentNode: ClientRun = async ({ host, writeKey, events }) => {
  const client = connectSegment(host, writeKey);
  const deliveries = new Deliveries();
  client.on("error", () => undefined);
  const send = (place: number): void => {
    const id = `segment-node-${place}`;
    const userId = `user-${place % 500}`;
    const context = { [SENT_ID]: id };
    const said = (error?: unknown): void => deliveries.settle(id, error);
    switch (place % 8) {
      case 0:
        return client.identify({ userId, traits: { plan: "free" }, context }, said);
      case 1:
        return client.page({ userId, name: "Home", properties: { url: "/" }, context }, said);
      case 2:
        return client.screen({ userId, name: "Cart", context }, said);
      case 3:
        return client.group({ userId, groupId: `team-${place % 7}`, context }, said);
      case 4:
        return client.alias({ userId, previousId: `anonymous-${place}`, context }, said);
      case 5:
        return client.track({ ...viewed(id), context }, said);
      default:
        return client.track(
          { userId, event: "Order Completed", properties: { total: place }, context },
          said,
        );
    }
  };
  await inGroups(events, send, () => deliveries.all(Math.min(events, deliveries.settled + 1)));
  await client.closeAndFlush({ timeout: 300_000 });
  return deliveries.all(events);
};

/** An exposure of a unit of its own, so that no two of them are the same read. */
function viewed(id: string) {
  return {
    userId: `viewer-of-${id}`,
    event: "Experiment Viewed",
    properties: { experiment_id: "drill", variation_id: "a" },
  };
}

/** Its own default is 10 s, which only makes the drill longer. */
const FLUSH_EVERY_MS = 200;

/** `@rudderstack/rudder-sdk-node`: batches of 20, gzip labelled as a form, 10 retries. */
export const rudderstackNode: ClientRun = async ({ host, writeKey, events }) => {
  const client = connectRudderStack(host, writeKey);
  const deliveries = new Deliveries();
  const send = (place: number): void => {
    const id = `rudderstack-node-${place}`;
    const userId = `user-${place % 500}`;
    const context = { [SENT_ID]: id };
    const said = (error?: unknown): void => deliveries.settle(id, error);
    switch (place % 8) {
      case 0:
        return void client.identify({ userId, traits: { plan: "free" }, context }, said);
      case 1:
        return void client.page({ userId, name: "Home", properties: { url: "/" }, context }, said);
      case 2:
        return void client.screen({ userId, name: "Cart", context }, said);
      case 3:
        return void client.group({ userId, groupId: `team-${place % 7}`, context }, said);
      case 4:
        return void client.alias({ userId, previousId: `anonymous-${place}`, context }, said);
      case 5:
        return void client.track({ ...viewed(id), context }, said);
      default:
        return void client.track(
          { userId, event: "Order Completed", properties: { total: place }, context },
          said,
        );
    }
  };
  const flushing = setInterval(() => void client.flush().catch(() => undefined), FLUSH_EVERY_MS);
  await inGroups(events, send, () => deliveries.all(Math.min(events, deliveries.settled + 1)));
  const report = await deliveries.all(events);
  clearInterval(flushing);
  return report;
};
