/** How a provider finds its server, and what it does without one. */
export interface PacelineProviderOptions {
  /** Where Paceline answers, such as `https://paceline.example`. */
  readonly url: string;
  /** A key with the scope `evaluate`, of the environment whose flags are evaluated. Never logged. */
  readonly apiKey: string;
  /** What this program is called where its receipts are shown; `openfeature-node` by default. */
  readonly client?: string;
  /** The program's version, shown beside its name. */
  readonly version?: string;
  /** A file that keeps the last configuration, so that a start without the server has flags. */
  readonly cacheFile?: string;
  /** How long `initialize` waits for the first configuration; 5 s by default. */
  readonly initTimeoutMs?: number;
  /** A connection on which nothing came for so long is dead; 45 s by default. */
  readonly deadAfterMs?: number;
  /** Told of what went wrong and is being mended. Holds no secret and no context. */
  readonly onProblem?: (problem: string) => void;
}

/** What a page starts with: the values of one context, to be put into the page that a server renders. */
export interface Bootstrap {
  readonly id: string;
  readonly revision: number;
  readonly context: Readonly<Record<string, unknown>>;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}
