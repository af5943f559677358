/** An area whose change needs marathon-level controls. */
export interface RiskDomain {
  readonly key: string;
  readonly title: string;
}

/** The risk domains that every workspace has; each is named by a rule of the default policy. */
export const RISK_DOMAINS = [
  { key: "customer-identity", title: "customer identity" },
  { key: "billing", title: "billing" },
  { key: "consent", title: "consent" },
  { key: "shared-schema", title: "the shared schema" },
  { key: "identity-infrastructure", title: "identity infrastructure" },
  { key: "cross-system-orchestration", title: "cross-system orchestration" },
  { key: "email-sender-reputation", title: "email sender reputation" },
] as const satisfies readonly RiskDomain[];

const KEY = /^[a-z][a-z0-9-]{1,62}$/;

/** Whether a workspace may use this text as the key of a risk domain of its own. */
export function isRiskDomainKey(key: string): boolean {
  return KEY.test(key);
}

/** Whether the key belongs to one of the domains that every workspace has. */
export function isBuiltInRiskDomain(key: string): boolean {
  return RISK_DOMAINS.some((domain) => domain.key === key);
}
