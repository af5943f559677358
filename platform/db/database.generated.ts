/** Made by `npm run generate:db-types` from the migrated schema. Do not edit. */
export interface Database {}
