/** Where a page keeps the last values; `localStorage` is one. */
export interface KeptValues {
  getItem(name: string): string | null;
  setItem(name: string, text: string): void;
}

/** What a page starts with: what a server rendered with `provider.bootstrap(context)`. */
export interface Bootstrap {
  readonly id: string;
  readonly revision: number;
  readonly context: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** How a provider finds its server, and what it starts with. */
export interface PacelineWebProviderOptions {
  /** Where Paceline answers, such as `https://paceline.example`. */
  readonly url: string;
  /** A key with the scope `browser`: it gets values and never sees a rule. */
  readonly apiKey: string;
  /** What this page or app is called where its receipts are shown; `openfeature-web` by default. */
  readonly client?: string;
  readonly version?: string;
  /** Values for the first context, so that the page needs no request before it shows. */
  readonly bootstrap?: Bootstrap;
  /** `localStorage` by default; null keeps nothing. */
  readonly storage?: KeptValues | null;
  /** How long `initialize` and a change of context wait for values; 3 s by default. */
  readonly timeoutMs?: number;
  /** A connection on which nothing came for so long is dead; 45 s by default. */
  readonly deadAfterMs?: number;
  /** Told of what went wrong and is being mended. Holds no secret and no context. */
  readonly onProblem?: (problem: string) => void;
}
