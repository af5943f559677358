export { bootstrapScript } from "./bootstrap-script.ts";
export type { Bootstrap, PacelineProviderOptions } from "./options.ts";
export { PacelineProvider } from "./provider.ts";
