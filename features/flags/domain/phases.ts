import type { Configuration, Rule } from "./flag.ts";

/** Something that a person should know, and that refuses nothing. */
export interface Warning {
  readonly pointer: string;
  readonly detail: string;
}

/** Whether a rule puts a unit into the bucket that the earlier one put it into. */
export function bucketsAlike(
  earlier: Pick<Rule, "salt" | "unit" | "bucketing">,
  rule: Pick<Rule, "salt" | "unit" | "bucketing">,
): boolean {
  return (
    earlier.salt === rule.salt && earlier.unit === rule.unit && earlier.bucketing === rule.bucketing
  );
}

/**
 * Rules whose units would all be put into new buckets: salt, unit or bucketing differ from what is
 * in force. A running experiment does not survive that.
 */
export function rebucketedRules(published: Configuration, next: Configuration): readonly string[] {
  const before = new Map(published.rules.map((rule) => [rule.id, rule]));
  return next.rules.flatMap((rule) => {
    const earlier = before.get(rule.id);
    return earlier === undefined || bucketsAlike(earlier, rule) ? [] : [rule.id];
  });
}

/** What becomes of the units of rules that begin a new phase. */
export function phaseWarnings(
  published: Configuration | null,
  next: Configuration,
): readonly Warning[] {
  if (published === null) return [];
  const moved = new Set(rebucketedRules(published, next));
  return next.rules.flatMap(({ id, phase }, index) =>
    moved.has(id)
      ? [
          {
            pointer: `/rules/${index}`,
            detail: `phase ${phase} of rule "${id}" begins with a new salt: every unit is assigned anew, and what was measured before cannot be added to what comes`,
          },
        ]
      : [],
  );
}

/** The rule's place in its own history. */
export interface Placed {
  readonly salt: string;
  readonly phase: number;
}

/**
 * Salt and phase of a rule that is being written. A change that would put every unit into a new
 * bucket opens the phase after the one in force; going back to what is in force goes back to its
 * phase. Saving a draft again keeps the salt that the draft has.
 *
 * @param wanted     the rule as it is asked for; a phase above the one in force asks for a new one
 * @param drafted    the rule in the draft, null without one
 * @param published  the rule in force, null without one
 */
export function placeRule(
  wanted: Pick<Rule, "unit" | "bucketing"> & { readonly salt?: string; readonly phase?: number },
  drafted: Rule | null,
  published: Rule | null,
  newSalt: () => string,
): Placed {
  if (published === null) {
    const salt = wanted.salt ?? drafted?.salt ?? newSalt();
    return { salt, phase: wanted.phase ?? drafted?.phase ?? 1 };
  }
  const next = published.phase + 1;
  const said = wanted.salt ?? published.salt;
  const asksForNext = (wanted.phase ?? 0) > published.phase;
  if (bucketsAlike(published, { ...wanted, salt: said }) && !asksForNext) {
    return { salt: published.salt, phase: published.phase };
  }
  if (said !== published.salt) return { salt: said, phase: next };
  const begun = drafted !== null && drafted.phase === next && drafted.salt !== published.salt;
  return { salt: begun ? drafted.salt : newSalt(), phase: next };
}
