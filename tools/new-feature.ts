/** `npm run new:feature -- <name>`: makes a feature folder of the one shape, ready to be filled. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [name] = process.argv.slice(2);
const NAME = /^[a-z]+(?:-[a-z]+)*$/;

if (name === undefined || name === "--help" || !NAME.test(name)) {
  console.log(
    "npm run new:feature -- <name>\n\n<name> is a plural noun in kebab-case, for example `campaigns`.",
  );
  process.exit(name === "--help" ? 0 : 2);
}
const folder = join("features", name);
if (existsSync(folder)) {
  console.error(`${folder} exists already; nothing was changed.`);
  process.exit(1);
}

const identifier = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const table = name.replaceAll("-", "_");
const stamp = new Date().toISOString().replaceAll(/[-T:]/g, "").slice(0, 12);
const manifest = {
  name: `@paceline/${name}`,
  version: "0.0.0",
  private: true,
  type: "module",
  license: "Apache-2.0",
  exports: {
    "./api": "./api.ts",
    "./domain": "./domain/index.ts",
    "./server": "./server/index.ts",
    "./web": "./web/index.ts",
    "./migrations": "./server/migrations/index.ts",
  },
  dependencies: { "@paceline/db": "0.0.0", "@paceline/http": "0.0.0", typebox: "1.4.3" },
};

const files: Readonly<Record<string, string>> = {
  "package.json": `${JSON.stringify(manifest, null, 2)}\n`,
  "README.md": `# ${name}\n\nWhat it is, in one sentence.\n\n## Terms and states\n\n## Cost\n\nWhat grows with what, measured at two sizes.\n`,
  "api.ts": `import { Type } from "typebox";\n\n/** What travels over HTTP. */\nexport const ${identifier}List = Type.Object({});\n`,
  "domain/index.ts": `export {};\n`,
  "server/index.ts": `export { registerRoutes } from "./routes.ts";\n`,
  "server/routes.ts": `import type { App } from "@paceline/http";\nimport { ${identifier}List } from "../api.ts";\n\n/** Registers the routes below \`/api/v1/${name}\`. */\nexport function registerRoutes(app: App): void {\n  app.get(\n    "/api/v1/${name}",\n    { config: { permission: "workspace.read" }, schema: { response: { 200: ${identifier}List } } },\n    async () => ({}),\n  );\n}\n`,
  "server/migrations/index.ts": `import type { FeatureMigrations } from "@paceline/db";\n\nexport const migrations: FeatureMigrations = {\n  feature: "${table}",\n  after: [],\n  migrations: {\n    // "${stamp}_${table}_first": { async up(db) { … } },\n  },\n};\n`,
  "web/index.ts": `export {};\n`,
};
for (const [file, text] of Object.entries(files)) {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
spawnSync("oxfmt", [folder]);
console.log(`Made ${folder}. Next: npm install, add it to apps/server, write its README.`);
