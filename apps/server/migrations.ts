import { migrations as audit } from "@paceline/audit/migrations";
import type { FeatureMigrations } from "@paceline/db";
import { migrations as http } from "@paceline/http";
import { migrations as initiatives } from "@paceline/initiatives/migrations";

/** Every schema change of the product; `mergeMigrations` puts them in order. */
export const allMigrations: readonly FeatureMigrations[] = [http, audit, initiatives];
