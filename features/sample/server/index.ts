export type { SampleDependencies } from "./dependencies.ts";
export { registerRoutes } from "./routes.ts";
export { createSample } from "./sample.ts";
export type { SampleProcess } from "./sample.ts";
