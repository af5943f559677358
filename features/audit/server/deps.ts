import { join } from "node:path";

import type { LogToRead } from "./log-answers.ts";
import { readStoredLog } from "./log-store.ts";
import type { LogSigners } from "./signing-key.ts";

/** What the routes of the audit log need besides the request. */
export interface AuditDeps {
  /** `<data directory>/audit`. */
  readonly auditFolder: string;
  readonly signers: LogSigners;
}

/** The stored log of a workspace, and the key that must have signed it. */
export function logOf(deps: AuditDeps, workspaceId: string): LogToRead {
  return {
    read: readStoredLog(join(deps.auditFolder, workspaceId)),
    key: deps.signers(workspaceId).verifier,
  };
}
