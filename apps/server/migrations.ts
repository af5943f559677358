import { migrations as audit } from "@paceline/audit/migrations";
import type { FeatureMigrations } from "@paceline/db";
import { migrations as http } from "@paceline/http";

/** Every schema change of the product; `mergeMigrations` puts them in order. */
export const allMigrations: readonly FeatureMigrations[] = [http, audit];
