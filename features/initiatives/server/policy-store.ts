import type { Db } from "@paceline/db";
import { policyDocument } from "@paceline/decision-table";
import type { TableProblem } from "@paceline/decision-table";
import type { Result } from "@paceline/result";
import { canonicalJsonBytes, sha256, toHex } from "@paceline/transparency-log";
import { Type } from "typebox";

import { PolicyCaseSchema, PolicyDocumentSchema } from "../api.ts";
import {
  compilePolicy,
  DEFAULT_POLICY,
  DEFAULT_POLICY_CASES,
  factCatalog,
} from "../domain/index.ts";
import type { CompiledPolicy, Policy, PolicyCase, RiskDomain } from "../domain/index.ts";
import { checked } from "./checked.ts";

/** The policy of a workspace, ready to decide. */
interface CurrentPolicy {
  readonly policy: Policy;
  readonly cases: readonly PolicyCase[];
  /** Null while the workspace uses the policy that it was shipped with and has decided nothing. */
  readonly publishedAt: Date | null;
  readonly ownDomains: readonly RiskDomain[];
  readonly compiled: CompiledPolicy;
}

/** Reads and compiles policies; compiled ones are kept by digest. */
export interface PolicyStore {
  /** @throws Error if a stored policy no longer compiles, which publishing prevents */
  current(db: Db, workspaceId: string): Promise<CurrentPolicy>;
}

const CACHE_SIZE = 200;
const CASES = Type.Array(PolicyCaseSchema);

/** SHA-256 over the canonical JSON (RFC 8785) of a policy and the catalog that it was compiled against. */
function policyDigest(policy: Policy, ownDomains: readonly RiskDomain[]): string {
  return toHex(sha256(canonicalJsonBytes(policyDocument(policy, factCatalog(ownDomains)))));
}

/** Compiles a policy and its digest. */
export function compileWithDigest(
  policy: Policy,
  ownDomains: readonly RiskDomain[],
): Result<CompiledPolicy, readonly TableProblem[]> {
  return compilePolicy(policy, ownDomains, policyDigest(policy, ownDomains));
}

/** Risk domains that the workspace added. */
export function readOwnDomains(db: Db, workspaceId: string): Promise<readonly RiskDomain[]> {
  return db
    .selectFrom("risk_domains")
    .select(["risk_domains.key", "risk_domains.title"])
    .where("risk_domains.workspace_id", "=", workspaceId)
    .orderBy("risk_domains.key")
    .execute();
}

async function readPolicy(
  db: Db,
  workspaceId: string,
): Promise<Omit<CurrentPolicy, "compiled" | "ownDomains">> {
  const row = await db
    .selectFrom("policies")
    .select(["policies.document", "policies.cases", "policies.published_at"])
    .where("policies.workspace_id", "=", workspaceId)
    .orderBy("policies.version", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined)
    return { policy: DEFAULT_POLICY, cases: DEFAULT_POLICY_CASES, publishedAt: null };
  return {
    policy: checked(PolicyDocumentSchema, row.document),
    cases: checked(CASES, row.cases),
    publishedAt: row.published_at,
  };
}

/** Makes the store of a process. */
export function createPolicyStore(): PolicyStore {
  const compiled = new Map<string, CompiledPolicy>();

  function compile(policy: Policy, ownDomains: readonly RiskDomain[]): CompiledPolicy {
    const digest = policyDigest(policy, ownDomains);
    const known = compiled.get(digest);
    if (known !== undefined) return known;
    const result = compilePolicy(policy, ownDomains, digest);
    if (!result.ok) throw new Error("the current policy does not compile", { cause: result.error });
    const [oldest] = compiled.keys();
    if (compiled.size >= CACHE_SIZE && oldest !== undefined) compiled.delete(oldest);
    compiled.set(digest, result.value);
    return result.value;
  }

  return {
    async current(db, workspaceId) {
      const stored = await readPolicy(db, workspaceId);
      const ownDomains = await readOwnDomains(db, workspaceId);
      return { ...stored, ownDomains, compiled: compile(stored.policy, ownDomains) };
    },
  };
}

/** Keeps a version of a policy for good. A version that exists already is left as it is. */
export async function insertPolicy(
  tx: Db,
  workspaceId: string,
  policy: Policy,
  cases: readonly PolicyCase[],
  publication: { readonly digest: string; readonly by: string; readonly at: Date },
): Promise<boolean> {
  const inserted = await tx
    .insertInto("policies")
    .values({
      workspace_id: workspaceId,
      version: policy.version,
      document: JSON.stringify(policy),
      cases: JSON.stringify(cases),
      digest: publication.digest,
      published_at: publication.at,
      published_by: publication.by,
    })
    .onConflict((conflict) => conflict.columns(["workspace_id", "version"]).doNothing())
    .returning("policies.version")
    .executeTakeFirst();
  return inserted !== undefined;
}
