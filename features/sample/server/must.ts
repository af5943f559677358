import type { Result } from "@paceline/result";

/** The value of a command that the sample knows to be allowed. @throws Error that names the refusal */
export function must<T>(what: string, result: Result<T, object>): T {
  if (result.ok) return result.value;
  throw new Error(`the sample could not ${what}: ${JSON.stringify(result.error)}`);
}
