/**
 * `npm run generate:policy-examples`: writes the default policy and its examples as YAML, the form in
 * which a team keeps its own policy in git. A test checks that the files are up to date.
 */
import { mkdirSync, writeFileSync } from "node:fs";

import { DEFAULT_POLICY, DEFAULT_POLICY_CASES } from "@paceline/initiatives/domain";
import { stringify } from "yaml";

const FOLDER = "docs/examples/policy";
const OPTIONS = { lineWidth: 110, aliasDuplicateObjects: false };

mkdirSync(FOLDER, { recursive: true });
writeFileSync(
  `${FOLDER}/default-policy.yaml`,
  `# Made by \`npm run generate:policy-examples\`. Conditions are CEL over the fact catalog.\n${stringify(DEFAULT_POLICY, OPTIONS)}`,
);
writeFileSync(
  `${FOLDER}/default-policy.cases.yaml`,
  `# Made by \`npm run generate:policy-examples\`. A null fact is not known.\n${stringify(DEFAULT_POLICY_CASES, OPTIONS)}`,
);
