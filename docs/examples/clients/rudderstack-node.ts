import RudderAnalytics from "@rudderstack/rudder-sdk-node";

/** RudderStack's client for Node. Without an `errorHandler` it ends the process on a 4xx answer. */
export function connect(host: string, writeKey: string): RudderAnalytics {
  return new RudderAnalytics(writeKey, {
    dataPlaneUrl: host,
    retryCount: 10,
    errorHandler: (error) => console.error("events were not delivered", error),
  });
}
