import type { Alternative } from "./comparison.ts";
import { deviance, stirlingError } from "./log-gamma.ts";

interface Counts {
  readonly n: number;
  readonly x: number;
}

/** Two-sided ties are found within this share, as R does. */
const TIE = 1 + 1e-7;

/** Log of the binomial mass at x of n, p = successes / total, by Loader's saddle point. */
function logBinomial(x: number, n: number, p: number): number {
  if (x === 0) return n * Math.log1p(-p);
  if (x === n) return n * Math.log(p);
  return (
    stirlingError(n) -
    stirlingError(x) -
    stirlingError(n - x) -
    deviance(x, n * p) -
    deviance(n - x, n * (1 - p)) +
    0.5 * Math.log(n / (2 * Math.PI * x * (n - x)))
  );
}

/** The hypergeometric distribution of b's conversions when the margins are given. */
function tableOf(a: Counts, b: Counts) {
  const total = a.n + b.n;
  const successes = a.x + b.x;
  const p = successes / total;
  return {
    low: Math.max(0, successes - a.n),
    high: Math.min(b.n, successes),
    mode: Math.floor(((b.n + 1) * (successes + 1)) / (total + 2)),
    logMass: (x: number) =>
      logBinomial(x, b.n, p) +
      logBinomial(successes - x, a.n, p) -
      logBinomial(successes, total, p),
    /** Mass at x + 1 over mass at x. */
    stepUp: (x: number) => ((b.n - x) * (successes - x)) / ((x + 1) * (a.n - successes + x + 1)),
  };
}

type Table = ReturnType<typeof tableOf>;

/** Mass from x outwards; terms that no longer count are left out, so it takes O(sqrt(n)) steps. */
function tailMass(table: Table, x: number, direction: 1 | -1): number {
  if (x < table.low || x > table.high) return 0;
  let term = 1;
  let sum = 1;
  for (let at = x; direction === 1 ? at < table.high : at > table.low; at += direction) {
    const factor = direction === 1 ? table.stepUp(at) : 1 / table.stepUp(at - 1);
    term *= factor;
    sum += term;
    if (factor < 1 && term < sum * 1e-17) break;
  }
  return Math.exp(table.logMass(x) + Math.log(sum));
}

/** Where the other tail begins: the point nearest the mode whose mass is not above `logMass`. */
function otherTail(table: Table, x: number, direction: 1 | -1): number {
  const limit = table.logMass(x) + Math.log(TIE);
  let inner = table.mode;
  let outer = direction === 1 ? table.high + 1 : table.low - 1;
  while (Math.abs(outer - inner) > 1) {
    const middle = Math.floor((inner + outer) / 2);
    if (table.logMass(middle) <= limit) outer = middle;
    else inner = middle;
  }
  return outer;
}

/** Fisher's exact p value; the two-sided one sums all tables that are no more likely. */
export function fisherP(a: Counts, b: Counts, alternative: Alternative): number {
  const table = tableOf(a, b);
  if (table.low >= table.high) return 1;
  if (alternative === "greater") return Math.min(1, tailMass(table, b.x, 1));
  if (alternative === "less") return Math.min(1, tailMass(table, b.x, -1));
  if (table.logMass(b.x) + Math.log(TIE) >= table.logMass(table.mode)) return 1;
  const outward = b.x > table.mode ? 1 : -1;
  const opposite = outward === 1 ? -1 : 1;
  const near = tailMass(table, b.x, outward);
  return Math.min(1, near + tailMass(table, otherTail(table, b.x, opposite), opposite));
}
