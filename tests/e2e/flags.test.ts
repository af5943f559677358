/** Rules of a flag, by the keyboard alone where a mouse would be quicker. */
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { asOwner, journey, openProduct } from "./product.ts";
import type { Owner, Page, Product, Visit } from "./product.ts";

const FLAG = "search.suggestions";

let product: Product;
let owner: Owner;
let visit: Visit;
let page: Page;

before(async () => {
  product = await openProduct();
  owner = await asOwner(product.server);
  await owner.call("POST", "/api/v1/flags", {
    key: FLAG,
    type: "boolean",
    variants: { off: false, on: true },
    tags: ["search"],
  });
  visit = await product.open();
  ({ page } = visit);
  await owner.letIn(visit.context);
});
after(() => product.close());

const step = journey(() => page);
const rules = () => page.getByRole("list", { name: "Rules, tried from the first on" });
const titles = () => rules().getByRole("heading", { level: 2 }).allInnerTexts();

/** Focuses what a person would have reached with Tab, then presses keys as they would. */
async function press(name: string | RegExp, ...keys: readonly string[]): Promise<void> {
  await page.getByRole("button", { name }).first().focus();
  for (const key of keys) await page.keyboard.press(key);
}

step("a flag is found by its tag, and its rules open", async () => {
  await page.goto(`${product.server.url}/flags?text=search`);
  await page.getByRole("link", { name: FLAG }).click();
  await page.getByRole("heading", { name: FLAG, level: 1 }).waitFor();
  await page.getByRole("tab", { name: "Rules" }).click();
  await page.getByText("No contexts were recorded in this environment").waitFor();
});

step("a rule with a nested condition is written without the mouse", async () => {
  await press("Add a rule", "Enter");
  await press("Add a condition", "Enter");
  await page.getByRole("combobox", { name: "Part 1: attribute" }).fill("country");
  await page.getByRole("combobox", { name: "Part 1: comparison" }).selectOption("in");
  await page.getByRole("textbox", { name: "Part 1: value" }).fill("DE, AT");
  await press("Add a group", "Enter");
  await page.getByRole("combobox", { name: "Part 2, part 1: attribute" }).fill("plan");
  await page.getByRole("textbox", { name: "Part 2, part 1: value" }).fill("pro");
  await page.getByRole("textbox", { name: /Exposure of rule rule-1 in percent/u }).fill("100");
  await press("Save draft", "Enter");
  await page.getByText("One field needs another look").waitFor();
  await page.getByText("must name an attribute").waitFor();
  await press("Take out part 2, part 2", "Enter");
  const saved = page.waitForResponse(
    (response) => response.request().method() === "PUT" && response.ok(),
  );
  await press("Save draft", "Enter");
  await saved;
  const { environments } = await owner.call("GET", `/api/v1/flags/${FLAG}`);
  assert.deepEqual(environments[0].draft.configuration.rules[0].when, {
    all: [
      { attribute: "country", operator: "in", value: ["DE", "AT"] },
      { any: [{ attribute: "plan", operator: "equals", value: "pro" }] },
    ],
  });
});

step("Alt and an arrow move a rule, and the page says where it is now", async () => {
  await press("Add a rule", "Enter");
  await page.getByRole("heading", { name: /Everyone, 0% of them, gets on/u }).waitFor();
  await page.getByRole("button", { name: /Everyone, 0% of them/u }).focus();
  await page.keyboard.press("Alt+ArrowUp");
  await page.getByText("Rule 2 is now 1 of 2.").waitFor();
  const [first = "", second = ""] = await titles();
  assert.match(first, /Everyone/u);
  assert.match(second, /country is one of DE, AT/u);
});

step("the review shows what changes and publishes it", async () => {
  await press("Review and publish", "Enter");
  const review = page.getByRole("dialog", { name: `Publish ${FLAG} to production` });
  await review.getByText("Nothing is in force in production yet.").waitFor();
  await review.getByText("None are kept with the flag here.").waitFor();
  await review.getByRole("button", { name: "Publish to production" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("On, production, revision 1").waitFor();
});

step(
  "an explanation says which part of which rule failed, and the past stays what it was",
  async () => {
    await page.getByRole("tab", { name: "Explain" }).click();
    await page.getByRole("textbox", { name: "Targeting key" }).fill("customer-1");
    await page.getByRole("textbox", { name: "Other attributes" }).fill('{"country": "FR"}');
    await press("Explain", "Enter");
    const why = page.getByRole("region", { name: "Why" });
    await why.getByText("country is one of DE, AT; it is FR").waitFor();
    await why.getByText("plan is pro; the context has no plan").waitFor();
    await press("At a moment", "Enter");
    await page.getByText(/Said by/u).waitFor();
    const slider = page.getByRole("slider", { name: /^Moment/u });
    await slider.focus();
    await page.keyboard.press("Home");
    await page.getByText("Not published yet.").waitFor();
    assert.deepEqual(visit.complaints, []);
  },
);

step("going back to what exposes more asks what must be answered, then does it", async () => {
  const at = `/api/v1/flags/${FLAG}/environments/production`;
  const rule = { id: "rule-1", serve: { variant: "on" }, exposureShare: 0, salt: "another" };
  await owner.call("PUT", at, { rules: [rule], defaultVariant: "off" });
  await owner.call("POST", `${at}/publish`, { acceptRebucketing: true });
  const german = { targetingKey: "anna", country: "DE", plan: "pro" };
  const tests = [{ name: "Anna waits", context: german, expect: { variant: "off" } }];
  await owner.call("PUT", `${at}/tests`, { tests });
  await page.goto(`${product.server.url}/flags/${FLAG}?tab=history&revision=1`);
  await page.getByRole("button", { name: "Put it in force again" }).click();
  const asks = page.getByRole("dialog", { name: "Go back to revision 1 in production?" });
  const act = asks.getByRole("button", { name: "Put it in force" });
  await act.click();
  await asks.getByText("Rule rule-1 would put everybody into new buckets").waitFor();
  assert.equal(await act.isDisabled(), true);
  await asks.getByRole("checkbox", { name: "New buckets for everybody are meant" }).check();
  await act.click();
  await asks.getByText("One test of the flag does not hold in that revision: Anna waits").waitFor();
  await asks
    .getByRole("textbox", { name: /Why it is put in force although they fail/u })
    .fill("Anna waits no more");
  await act.click();
  const done = page.getByRole("dialog", { name: "Revision 3 is in force" });
  await done.getByText("Anna waits. Nothing was held back").waitFor();
  await done.getByRole("button", { name: "Close" }).last().click();
  const { environments } = await owner.call("GET", `/api/v1/flags/${FLAG}`);
  assert.equal(environments[0].published.revision, 3);
});

step("a publication that tests refuse goes through with a reason", async () => {
  const at = `/api/v1/flags/${FLAG}/environments/production`;
  const rule = { id: "rule-1", serve: { variant: "on" }, exposureShare: 1, salt: "another" };
  await owner.call("PUT", at, { rules: [rule], defaultVariant: "off" });
  await page.goto(`${product.server.url}/flags/${FLAG}?tab=rules`);
  await page.getByRole("button", { name: "Review and publish" }).click();
  const review = page.getByRole("dialog", { name: `Publish ${FLAG} to production` });
  await review.getByText("1 of 1 do not hold.").waitFor();
  await review.getByRole("checkbox", { name: "New buckets for everybody are meant" }).check();
  const act = review.getByRole("button", { name: "Publish to production" });
  await act.click();
  const reason = review.getByRole("textbox", { name: /Why it is published although tests fail/u });
  await reason.waitFor();
  assert.equal(await act.isDisabled(), true);
  await reason.fill("Anna waits no more");
  await act.click();
  await page.getByText("On, production, revision 4").waitFor();
});
