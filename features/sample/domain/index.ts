export { deedsOf, visitsOn } from "./behaviour.ts";
export type { Deed, Visit } from "./behaviour.ts";
export { SAMPLE_FLAGS, sampleChanges } from "./changes.ts";
export type { SampleChange } from "./changes.ts";
export { PEOPLE, SAMPLE_MAIL_DOMAIN } from "./people.ts";
export type { SamplePerson } from "./people.ts";
export { SIMULATED_DAYS, STUDIES } from "./studies.ts";
export { trueEffects } from "./study.ts";
export type { Study, TrueEffect } from "./study.ts";
