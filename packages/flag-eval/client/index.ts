export { Acknowledger, SPREAD_MS } from "./acknowledger.ts";
export { ExposureOutbox } from "./exposure-outbox.ts";
export type { ClientExposure } from "./exposure-outbox.ts";
export { FlagStream, readUpdate } from "./flag-stream.ts";
export type { FlagUpdate, Greeting } from "./flag-stream.ts";
export { headersOf, isRecord, JSON_HEADERS } from "./io.ts";
export type { ClientIo, ClientPlace, ClientResponse } from "./io.ts";
