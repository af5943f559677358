// Runs before `npm start`, `npm test` and `npm run check`, on any Node 20+, with nothing installed: brings
// node_modules in line with package-lock.json, and says nothing when there is nothing to do.
// `--production` leaves out what only tests need (0.7 GB); once everything is there, it is enough for all.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const marker = join(root, "node_modules", ".cache", "paceline-installed");
const lock = readFileSync(join(root, "package-lock.json"));
const before = existsSync(marker) ? readFileSync(marker, "utf8") : null;
// Whoever has the tests' packages keeps them when the lock file changes.
const production =
  process.argv.includes("--production") && (before === null || before.startsWith("production"));
const everything = `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch}\n`;
const wanted = production ? `production ${everything}` : everything;
const node = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");

function installed() {
  return existsSync(node) && before !== null && [everything, wanted].includes(before);
}

if (!installed()) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    console.error(`Paceline needs Node 20 or newer to install itself; this is ${process.version}.`);
    process.exit(1);
  }
  console.error("Installing what is missing (once for each change of package-lock.json) …");
  const npm = process.env["npm_execpath"];
  const [command, ...rest] = npm === undefined ? ["npm"] : [process.execPath, npm];
  // Not `npm ci`: it refuses a lock file in which a binary for some other platform is missing, as it is
  // when the registry that the lock was made with does not carry it. This takes the locked versions,
  // adds the binaries of this platform, and leaves package.json and the lock file as they are.
  const args = [...rest, "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  if (production) args.push("--omit=dev");
  const { status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) {
    console.error("The installation failed; the reason is above. Nothing was started.");
    process.exit(status ?? 1);
  }
  if (!existsSync(node)) {
    console.error(
      "The pinned Node is missing after the installation: install scripts are switched off.\n" +
        "Run `npm rebuild node --ignore-scripts=false` once, then try again.",
    );
    process.exit(1);
  }
  mkdirSync(dirname(marker), { recursive: true });
  writeFileSync(marker, wanted);
}
