export type { Bootstrap, KeptValues, PacelineWebProviderOptions } from "./options.ts";
export { PacelineWebProvider } from "./provider.ts";
export { readBootstrap } from "./read-bootstrap.ts";
