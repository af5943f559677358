/** Addresses of pages that other features own; this feature must not import them in a circle. */

export function flagAddress(key: string): string {
  return `/flags/${encodeURIComponent(key)}`;
}

/** The flag's way back: where it is defined, and where it is gone. */
export function rollbackAddress(key: string): string {
  return `${flagAddress(key)}?tab=rollback`;
}

export function experimentAddress(id: string): string {
  return `/experiments/${id}`;
}

export function newExperimentAddress(initiativeId: string): string {
  return `/experiments/new?initiative=${initiativeId}`;
}

export function auditAddress(subjectId: string): string {
  return `/assurance/audit?subjectId=${encodeURIComponent(subjectId)}`;
}
