/** Made by `npm run generate:db-types` from the migrated schema. Do not edit. */
// eslint-disable-next-line typescript/no-empty-object-type -- replaced by the generator
export interface Database {}
