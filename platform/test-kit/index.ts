export { testClock } from "./clock.ts";
export type { TestClock } from "./clock.ts";
export { testDatabase } from "./database.ts";
export type { TestDatabase, TestDatabaseOptions } from "./database.ts";
export { stopTestServers, testServer } from "./server.ts";
export { launchBrowser } from "./browser.ts";
export type { TestBrowser } from "./browser.ts";
export { startOtlpReceiver } from "./otlp-receiver.ts";
export type { OtlpReceiver, ReceivedLog, ReceivedPoint, ReceivedSpan } from "./otlp-receiver.ts";
