import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const REPOSITORY = join(import.meta.dirname, "..", "..", "..");
const BIN = join(REPOSITORY, "node_modules", ".bin");
const folder = mkdtempSync(join(tmpdir(), "paceline-published-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${stdout}${stderr}`);
  return stdout;
}

for (const [name, peer] of [
  ["openfeature-node", "server-sdk"],
  ["openfeature-web", "web-sdk"],
] as const) {
  test(`${name} works as it is published: built, typed, with its peer and nothing else`, () => {
    const source = join(REPOSITORY, "sdks", name);
    const installed = join(folder, name, "node_modules", "@paceline", name);
    mkdirSync(join(folder, name, "node_modules", "@openfeature"), { recursive: true });
    for (const part of [peer, "core"]) {
      symlinkSync(
        join(REPOSITORY, "node_modules", "@openfeature", part),
        join(folder, name, "node_modules", "@openfeature", part),
      );
    }
    const types = ["-p", join(source, "tsconfig.build.json"), "--outDir", join(installed, "dist")];
    run(join(BIN, "tsc"), types, source);
    const bundle = ["src/index.ts", "--format", "esm", "--external", `@openfeature/${peer}`];
    const platform = name === "openfeature-node" ? "node" : "browser";
    const out = ["--platform", platform, "--file", join(installed, "dist", "index.js")];
    run(join(BIN, "rolldown"), [...bundle, ...out], source);
    writeFileSync(
      join(installed, "package.json"),
      readFileSync(join(source, "package.json"), "utf8"),
    );
    const user = join(folder, name, "user.ts");
    const className = name === "openfeature-node" ? "PacelineProvider" : "PacelineWebProvider";
    writeFileSync(
      user,
      `import { ${className} } from "@paceline/${name}";
const provider: ${className} = new ${className}({ url: "https://paceline.example", apiKey: "k" });
process.stdout.write(provider.metadata.name);
`,
    );
    const flags = "--strict --noEmit --module nodenext --target es2024 --skipLibCheck";
    const own = ["--types", "node", "--typeRoots", join(REPOSITORY, "node_modules", "@types")];
    run(join(BIN, "tsc"), [...flags.split(" "), ...own, user], join(folder, name));
    const told = run(process.execPath, ["--conditions=default", user], join(folder, name));
    assert.match(told, /^paceline/);
  });
}
