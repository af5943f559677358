/** Fails on a path in a Markdown file that does not exist: `` `features/…` `` and relative links. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const TOP_FOLDERS = "apps|features|packages|platform|sdks|tests|docs|tools";
const CODE_PATH = new RegExp(`\`((?:${TOP_FOLDERS})/[\\w./-]+?)/?\``, "g");
const LINK = /\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g;

function tracked(): string[] {
  const list = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], {
    encoding: "utf8",
  });
  return list.split("\n").filter((file) => file !== "" && !file.startsWith(".changeset/"));
}

const broken: string[] = [];
for (const file of tracked()) {
  if (!existsSync(file)) continue;
  const text = readFileSync(file, "utf8");
  for (const [, path = ""] of text.matchAll(CODE_PATH)) {
    if (!existsSync(path)) broken.push(`${file}: \`${path}\``);
  }
  for (const [, path = ""] of text.matchAll(LINK)) {
    if (!existsSync(join(dirname(file), path))) broken.push(`${file}: (${path})`);
  }
}
for (const line of broken) console.error(`no such file, ${line}`);
process.exitCode = broken.length === 0 ? 0 : 1;
