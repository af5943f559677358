import { access, constants } from "node:fs/promises";
import { arch, env, platform, report } from "node:process";

import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  BrowserType,
  LaunchOptions,
  Page,
} from "playwright-core";

import { unpackBrowser } from "./browser-unpack.ts";

/** A browser whose every context has a locale and a time zone, so that pages look alike on every machine. */
export type TestBrowser = {
  readonly version: string;
  /** where it came from, for the log */
  readonly source: string;
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** A page in a context of its own. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
};

/** Without it, a machine with LANG=C.UTF-8 gives pages the invalid tag `en-US@posix` and Intl throws. */
const CONTEXT_DEFAULTS = { locale: "en-GB", timezoneId: "UTC" } as const;

/** Equal glyph shapes on every machine. Never the npm package's own list: it turns web security off. */
const ARGUMENTS = ["--font-render-hinting=none"];

const INSTALLED = [
  "/usr/bin/google-chrome",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

export const NO_BROWSER =
  "No browser for the tests: install Chrome or Chromium, or set BROWSER_BIN to the path of one.";

export type BrowserChoice = { readonly source: string; readonly options: LaunchOptions };

/** Loaded by whoever opens a browser only: it takes half a second, and most tests open none. */
async function playwrightChromium(): Promise<BrowserType> {
  return (await import("playwright-core")).chromium;
}

/** Node's report names the C library's version when it is glibc, on which the packaged browser depends. */
function isGlibc(): boolean {
  return JSON.stringify(report.getReport()).includes('"glibcVersionRuntime"');
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Which browser to use: `BROWSER_BIN`, the one in the npm package (Linux x64 with glibc), an installed
 * Chrome or Chromium, or one that Playwright has downloaded.
 *
 * @throws Error with what to install
 */
export async function chooseBrowser(
  wanted: string | undefined,
  packaged: boolean = platform === "linux" && arch === "x64" && isGlibc(),
  installed: readonly string[] = INSTALLED,
): Promise<BrowserChoice> {
  if (wanted !== undefined && wanted !== "") {
    if (await isExecutable(wanted))
      return { source: "BROWSER_BIN", options: { executablePath: wanted } };
    throw new Error(`BROWSER_BIN=${wanted} is not a program. ${NO_BROWSER}`);
  }
  if (packaged) {
    const { executablePath, environment } = await unpackBrowser();
    return { source: "npm package", options: { executablePath, env: { ...env, ...environment } } };
  }
  const downloaded = (await playwrightChromium()).executablePath();
  for (const path of [...installed, downloaded])
    if (path !== "" && (await isExecutable(path)))
      return { source: path, options: { executablePath: path } };
  throw new Error(NO_BROWSER);
}

/** Launches the browser of the tests, headless. */
export async function launchBrowser(): Promise<TestBrowser> {
  const { source, options } = await chooseBrowser(env["BROWSER_BIN"]);
  const chromium = await playwrightChromium();
  const browser: Browser = await chromium.launch({
    ...options,
    headless: true,
    // Root cannot have the sandbox, and many containers forbid it to everyone; only our own pages are opened.
    chromiumSandbox: false,
    args: ARGUMENTS,
  });
  const newContext = (context: BrowserContextOptions = {}): Promise<BrowserContext> =>
    browser.newContext({ ...CONTEXT_DEFAULTS, ...context });
  return {
    version: browser.version(),
    source,
    newContext,
    newPage: async (context) => (await newContext(context)).newPage(),
    close: () => browser.close(),
  };
}
