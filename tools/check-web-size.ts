/**
 * `node tools/check-web-size.ts [dist]`: fails when the built web app is larger than the budgets of
 * a first visit, in bytes after Brotli. Without a folder the app of this repository is built first, if
 * its sources have changed. The shell is the entry with everything it imports at once; a route is what
 * opening its page adds before it is shown. Parts fetched later, such as a tab or a dialog, count apart:
 * what they add to what every page that fetches them has loaded by then. Fonts count as the browser
 * fetches them: those of the Latin range.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

import { buildWeb } from "./build-web.ts";

const KB = 1000;
const budgets = { shell: 140 * KB, route: 25 * KB, css: 12 * KB, fonts: 55 * KB };
/** Budgets of parts that are no ordinary page, by a part of their source path; the first fits. */
const otherBudgets: readonly (readonly [part: string, bytes: number])[] = [
  // Menus, popovers and comboboxes are fetched when approached and share their positioning code.
  ["platform/web-kit/components/", 30 * KB],
];

type Chunk = {
  readonly file: string;
  readonly src?: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly css?: readonly string[];
  readonly assets?: readonly string[];
};
type Manifest = Readonly<Record<string, Chunk>>;
type Line = { readonly what: string; readonly bytes: number; readonly budget: number };

if (process.argv[2] === undefined) buildWeb();
const dist = process.argv[2] ?? "apps/web/dist";
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8")) as Manifest;

function compressedSize(file: string): number {
  const content = readFileSync(join(dist, file));
  return file.endsWith(".woff2") ? content.length : brotliCompressSync(content).length;
}

/** The chunk and everything that it imports statically. */
function closure(name: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const imported of manifest[name]?.imports ?? []) closure(imported, seen);
  return seen;
}

/** What is loaded already, whoever fetches the chunk: the shell, and what all its importers share. */
function loadedBefore(name: string, seen: ReadonlySet<string> = new Set()): ReadonlySet<string> {
  const importers = Object.keys(manifest).filter((one) =>
    manifest[one]?.dynamicImports?.includes(name),
  );
  if (seen.has(name) || importers.some((importer) => shell.has(importer))) return shell;
  const each = importers.map(
    (importer) =>
      new Set([...closure(importer), ...loadedBefore(importer, new Set([...seen, name]))]),
  );
  const [first = shell, ...others] = each;
  const shared = [...first].filter((part) => others.every((loaded) => loaded.has(part)));
  return new Set([...shell, ...shared]);
}

function addedBy(name: string): string[] {
  const loaded = loadedBefore(name);
  return [...closure(name)].filter((part) => !loaded.has(part));
}

function sum(files: Iterable<string>): number {
  return [...new Set(files)].reduce((total, file) => total + compressedSize(file), 0);
}

function filesOf(names: Iterable<string>): string[] {
  return [...names].flatMap((name) => manifest[name]?.file ?? []);
}

const entryName = Object.keys(manifest).find((name) => name === "index.html");
if (entryName === undefined) throw new Error(`${dist} holds no build of index.html`);
const shell = closure(entryName);
const all = Object.values(manifest).map(({ file }) => file);

const shellLines: Line[] = [
  {
    what: "shell script",
    bytes: sum(filesOf(shell).filter((file) => file.endsWith(".js"))),
    budget: budgets.shell,
  },
  {
    what: "styles",
    bytes: sum([...shell].flatMap((name) => manifest[name]?.css ?? [])),
    budget: budgets.css,
  },
  {
    what: "fonts",
    bytes: sum(all.filter((file) => /-latin-wght.*\.woff2$/u.test(file))),
    budget: budgets.fonts,
  },
];

const routeLines: Line[] = Object.keys(manifest)
  .filter((name) => !shell.has(name) && manifest[name]?.src !== undefined)
  .filter((name) => filesOf([name]).every((file) => file.endsWith(".js")))
  .filter((name) => name !== "gallery.html" && manifest[name]?.isEntry !== true)
  .map((name) => ({
    what: name.replace(/^.*?(features|apps|platform)\//u, "$1/"),
    bytes: sum(filesOf(addedBy(name))),
    budget: otherBudgets.find(([part]) => name.includes(part))?.[1] ?? budgets.route,
  }))
  .toSorted((one, other) => other.bytes - one.bytes);

let exceeded = 0;
for (const { what, bytes, budget } of [...shellLines, ...routeLines]) {
  const over = bytes > budget;
  if (over) exceeded += 1;
  const size = (bytes / KB).toFixed(1).padStart(7);
  console.log(`${over ? "✗" : "✓"} ${size} kB of ${(budget / KB).toFixed(0)} kB  ${what}`);
}
console.log(exceeded === 0 ? "Within every budget." : `${exceeded} budget(s) exceeded.`);
process.exitCode = exceeded === 0 ? 0 : 1;
