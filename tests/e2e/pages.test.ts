/** Every page that the app registers, in both themes and both widths, held to the same rules. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { runnerImport } from "vite";

import { asOwner, openProduct } from "./product.ts";
import type { Page, Product, Visit } from "./product.ts";
import { fillWorkspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const LEAST_PASSES = 15;
/** What looks at colors and sizes; all other rules look at the elements and their attributes only. */
const RULES_OF_LOOKS = ["color-contrast", "link-in-text-block", "target-size"];
const WIDTHS = [1440, 390] as const;
const THEMES = ["light", "dark"] as const;
const WEB = fileURLToPath(new URL("../../apps/web/", import.meta.url));

interface Registered {
  readonly features: readonly { readonly routes: readonly { readonly path: string }[] }[];
}

/** The addresses that the app itself registers, read from its own list. */
async function registeredPaths(): Promise<readonly string[]> {
  const { module } = await runnerImport<Registered>(`${WEB}src/features.ts`, {
    root: WEB,
    configFile: false,
    logLevel: "error",
  });
  return module.features.flatMap(({ routes }) => routes.map(({ path }) => path));
}

/** What stands for each parameter, and further addresses of pages that look different by their query. */
function addressesOf(path: string, workspace: Workspace): readonly string[] {
  const [panel = ""] = workspace.initiatives;
  const values: Readonly<Record<string, readonly string[]>> = {
    $id: workspace.initiatives,
    $experimentId: workspace.experiments,
    $flagKey: workspace.flags,
    $planName: workspace.plans,
    $rolloutId: path.endsWith("/edit") ? workspace.rollouts.slice(1) : workspace.rollouts,
  };
  const more: Readonly<Record<string, readonly string[]>> = {
    "/initiatives": ["?view=table", `?panel=${panel}`],
    "/flags": ["?new=1"],
    "/rollouts": ["?state=armed"],
    "/rollouts/alert-receivers": ["?new=1"],
    "/rollouts/new": ["?flag=checkout.express&form=advanced"],
    "/rollouts/$rolloutId/edit": ["?form=advanced"],
    "/layers": ["?act=layer", "?act=holdout"],
    "/flags/$flagKey": ["?tab=explain&environment=replay-checkout&unit=customer-0-1"],
    "/events/bad": [
      `?${workspace.badGroup}`,
      `?${workspace.badGroup}&act=map`,
      `?${workspace.badGroup}&act=dismiss`,
      `?${workspace.badGroup}&act=fix&message=bad:refund-9`,
    ],
    "/events/plans/$planName": ["?publish=1&environment=replay-checkout"],
    "/events": [
      "?tab=plans&newPlan=1",
      "?tab=sources&connect=curl",
      "?tab=explore&view=funnel&of=track%2FOrder+Paid%2Ctrack%2FOrder+Refunded",
      "?tab=explore&view=retention",
      "?tab=explore&view=top",
    ],
    "/events/name": ["?environment=replay-checkout&type=track&event=Order+Paid"],
    "/assurance/audit": [`?entry=${workspace.entry}`],
    "/first-run": ["#no-such-token"],
    "/set-password": ["#no-such-token"],
  };
  const parameter = /\$\w+/u.exec(path)?.[0];
  if (parameter === undefined) return [path, ...(more[path] ?? []).map((part) => `${path}${part}`)];
  const found = values[parameter];
  assert.ok(found !== undefined, `${path}: say in this file what stands for ${parameter}`);
  const places = found.map((value) => path.replace(parameter, encodeURIComponent(value)));
  return [...places, ...(more[path] ?? []).map((part) => `${places[0] ?? path}${part}`)];
}

const paths = await registeredPaths();
let product: Product;
let workspace: Workspace;
const visits = new Map<number, Visit>();

before(async () => {
  product = await openProduct();
  const owner = await asOwner(product.server);
  workspace = await fillWorkspace(owner);
  for (const width of WIDTHS) {
    const visit = await product.open({ viewport: { width, height: 900 } });
    await owner.letIn(visit.context);
    visits.set(width, visit);
  }
});
after(() => product.close());

/** Waits until the page has its heading and nothing in it is still on its way. */
async function settled(page: Page): Promise<void> {
  // By its tag, because an open dialog hides the rest of the page from roles.
  await page.locator("h1").first().waitFor();
  // Locators and evaluate only: what polls inside the page would break its content security policy.
  await page.locator(".skeleton, [aria-busy='true']").first().waitFor({ state: "detached" });
  // Ended, not awaited: a window in the background is drawn once a second. The end of one may start another.
  await page.evaluate(`(() => {
    for (let round = 0; round < 10; round++)
      for (const animation of document.getAnimations()) animation.finish();
  })()`);
}

/** Whether the elements and attributes are those of the last time that this was asked. */
async function isSameTree(page: Page): Promise<boolean> {
  return page.evaluate(`(() => {
    const before = globalThis.treeBefore;
    globalThis.treeBefore = document.documentElement.outerHTML;
    return globalThis.treeBefore === before;
  })()`);
}

interface Judged {
  readonly violations: readonly string[];
  readonly passes: number;
}

async function judged(page: Page, rules: object): Promise<Judged> {
  return page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(rules)}, resultTypes: ["violations"] }).then(
      ({ violations, passes }) => ({
        passes: passes.length,
        violations: violations.map(({ id, nodes }) =>
          id + ": " + nodes.map(({ target, failureSummary }) =>
            target.join(" ") + " (" + failureSummary + ")").join("; ")),
      }))`,
  );
}

/** Two frames later. A window in the background is drawn once a second. */
async function drawnAgain(page: Page): Promise<void> {
  await page.evaluate(
    "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
  );
  await settled(page);
}

/**
 * What axe finds by all rules; where the same tree was judged by all of them in the other theme, by those
 * that look at what a theme can change. What it finds counts if it is there when the page was drawn
 * again: Chromium sometimes gives some elements the colors of the last theme until then.
 */
async function violationsOf(page: Page): Promise<readonly string[]> {
  const sameTree = await isSameTree(page);
  const [rules, least] = sameTree
    ? [{ type: "rule", values: RULES_OF_LOOKS }, 1]
    : [RULES, LEAST_PASSES];
  let report = await judged(page, rules);
  if (report.violations.length > 0) {
    await drawnAgain(page);
    report = await judged(page, rules);
  }
  assert.ok(report.passes >= least, `axe checked only ${report.passes} rules`);
  return report.violations;
}

/** Both themes of what is shown now, and that it does not scroll sideways. */
async function faultsOf(page: Page): Promise<readonly string[]> {
  const faults: string[] = [];
  const wider: number = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
  if (wider > 0) faults.push(`it scrolls ${wider} px sideways`);
  for (const theme of THEMES) {
    // Without motion: a color on its way from the other theme has no contrast to be judged.
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await settled(page);
    const violations = await violationsOf(page);
    faults.push(...violations.map((violation) => `${theme}: ${violation}`));
  }
  return faults;
}

/** Opens an address and each tab on it; an address with a query is one state of a page walked already. */
async function walk(visit: Visit, address: string): Promise<readonly string[]> {
  const { page, complaints } = visit;
  complaints.length = 0;
  // From a blank page, because a change of the fragment alone would not load anything.
  await page.goto("about:blank");
  await page.goto(address);
  await settled(page);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Runtime.evaluate", { expression: AXE });
  const faults = [...(await faultsOf(page))];
  const tabs = page.getByRole("tab", { selected: false });
  const others = address.includes("?") ? [] : await tabs.allInnerTexts();
  for (const tab of others) {
    await page.getByRole("tab", { name: tab }).click();
    await page.getByRole("tab", { name: tab, selected: true }).waitFor();
    await settled(page);
    faults.push(...(await faultsOf(page)).map((fault) => `${tab}: ${fault}`));
  }
  return [...faults, ...complaints];
}

for (const path of paths) {
  test(`${path} is accessible, quiet and fits, in both themes and widths`, async () => {
    const faults: string[] = [];
    for (const address of addressesOf(path, workspace)) {
      const walked = await Promise.all(
        [...visits].map(async ([width, visit]) =>
          (await walk(visit, `${product.server.url}${address}`)).map(
            (fault) => `${address} at ${width} px: ${fault}`,
          ),
        ),
      );
      faults.push(...walked.flat());
    }
    assert.deepEqual(faults, []);
  });
}

test("the checks see a page that is broken on purpose", async () => {
  const visit = visits.get(390);
  assert.ok(visit !== undefined);
  const { page, complaints } = visit;
  await walk(visit, `${product.server.url}/settings/appearance`);
  await page.evaluate(`(() => {
    const image = document.createElement("img");
    image.setAttribute("src", "/favicon.ico");
    image.setAttribute("style", "color: red");
    const wide = document.createElement("p");
    wide.textContent = "wider than the window";
    wide.style.width = "2000px";
    wide.style.color = "#999999";
    wide.style.backgroundColor = "#aaaaaa";
    document.querySelector("main").append(image, wide);
  })()`);
  const faults = await faultsOf(page);
  assert.match(String(faults), /px sideways/u);
  assert.match(String(faults), /light: image-alt/u);
  assert.match(String(faults), /light: color-contrast/u);
  assert.match(String(faults), /dark: color-contrast/u);
  await page.emulateMedia({ colorScheme: "light" });
  await page.evaluate(`document.querySelector("main img").dataset.moved = "yes"`);
  assert.match(String(await violationsOf(page)), /image-alt/u, "a changed tree is judged anew");
  assert.doesNotMatch(String(await violationsOf(page)), /image-alt/u, "by all rules once");
  assert.match(String(complaints), /policy violated: style-src/u);
});

test("the app has the pages of this issue", () => {
  for (const path of ["/", "/initiatives", "/experiments", "/flags", "/events", "/sign-in"])
    assert.ok(paths.includes(path), path);
});
