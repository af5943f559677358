/** Every static check: `npm run check` runs them one after the other, `npm test` as jobs of its queue. */
export interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** About how long it takes in a fresh clone while others run. */
  readonly seconds: number;
}

export const CHECKS: readonly Check[] = [
  { name: "format", command: ["oxfmt", "--check", "."], seconds: 5 },
  { name: "types", command: ["tsc", "--build"], seconds: 30 },
  { name: "lint", command: ["oxlint"], seconds: 45 },
  { name: "edges and dead code", command: ["knip", "--no-config-hints"], seconds: 35 },
  {
    name: "undeclared imports",
    command: ["knip", "--strict", "--include", "unlisted", "--no-config-hints"],
    seconds: 25,
  },
  { name: "circles between packages", command: ["node", "tools/check-cycles.ts"], seconds: 3 },
  { name: "paths in Markdown", command: ["node", "tools/check-markdown-paths.ts"], seconds: 3 },
];
