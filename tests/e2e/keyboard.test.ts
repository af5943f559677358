import assert from "node:assert/strict";
import { after, before } from "node:test";

import { asOwner, journey, openProduct } from "./product.ts";
import type { Page, Product, Visit } from "./product.ts";

const TITLES = ["Shorter consent text", "One-page checkout", "New invoice numbers"];

let product: Product;
let visit: Visit;
let page: Page;

before(async () => {
  product = await openProduct();
  const owner = await asOwner(product.server);
  for (const title of TITLES) await owner.call("POST", "/api/v1/initiatives", { title });
  visit = await product.open();
  ({ page } = visit);
  await owner.letIn(visit.context);
});
after(() => product.close());

const step = journey(() => page);
const palette = () => page.getByRole("dialog", { name: "Search or run" });
const input = () => palette().getByRole("combobox");

/** How what has the focus shows it. */
async function focusShown(): Promise<{ readonly name: string; readonly outlinePx: number }> {
  return page.evaluate(`(() => {
    const element = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return {
      name: (element.getAttribute("aria-label") ?? element.textContent ?? "").trim(),
      outlinePx: outlineStyle === "none" ? 0 : Number.parseFloat(outlineWidth),
    };
  })()`);
}

step("Ctrl K opens the palette, and a number finds its initiative and opens it", async () => {
  await page.goto(product.server.url);
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await input().waitFor();
  await page.keyboard.type("CHG-2");
  const option = palette().getByRole("option", { name: "One-page checkout CHG-2" });
  await option.waitFor();
  assert.equal(await option.getAttribute("aria-selected"), "true");
  assert.equal(await palette().getByRole("option", { name: "Shorter consent text" }).count(), 0);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "One-page checkout", level: 1 }).waitFor();
  await palette().waitFor({ state: "hidden" });
  await page.getByText("CHG-2", { exact: true }).first().waitFor();
});

step("Esc closes the palette, which starts empty when it opens again", async () => {
  await page.keyboard.press("Control+k");
  await input().waitFor();
  await page.keyboard.type("flags");
  await page.keyboard.press("Escape");
  await palette().waitFor({ state: "hidden" });
  await page.getByRole("heading", { name: "One-page checkout", level: 1 }).waitFor();
  await page.keyboard.press("Control+k");
  await input().waitFor();
  assert.equal(await input().inputValue(), "");
  await page.keyboard.press("Escape");
  await palette().waitFor({ state: "hidden" });
});

step("g and a letter go to a screen, and a new page takes the focus to its content", async () => {
  await page.keyboard.press("g");
  await page.keyboard.press("f");
  await page.getByRole("heading", { name: "Flags", level: 1 }).waitFor();
  assert.equal(await page.evaluate("document.activeElement?.id"), "main");
});

step("Tab begins with the way past the navigation, and every stop shows the focus", async () => {
  await page.reload();
  await page.getByRole("heading", { name: "Flags", level: 1 }).waitFor();
  const seen: string[] = [];
  for (let stop = 0; stop < 12; stop++) {
    await page.keyboard.press("Tab");
    const { name, outlinePx } = await focusShown();
    assert.ok(outlinePx >= 2, `${name} has the focus and does not show it`);
    seen.push(name);
  }
  assert.equal(seen[0], "Skip to content");
  assert.equal(new Set(seen).size, seen.length, `the focus does not move on: ${seen.join(", ")}`);
  await page.getByRole("link", { name: "Skip to content" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  const inContent = await page.evaluate(
    `document.querySelector("#main").contains(document.activeElement)`,
  );
  assert.equal(inContent, true);
  assert.deepEqual(visit.complaints, []);
});
