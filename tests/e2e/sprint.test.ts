import assert from "node:assert/strict";
import { after, before } from "node:test";

import { asOwner, journey, openProduct } from "./product.ts";
import type { Owner, Page, Product, Visit } from "./product.ts";

const FLAG = "checkout.one_page";
const TITLE = "One-page checkout";
const HYPOTHESIS =
  "Payment and delivery on one page raise paid orders, because nobody is lost between pages.";
const EVENTS = ["Order Paid", "Order Refunded"];

let product: Product;
let owner: Owner;
let visit: Visit;
let page: Page;
/** Where the initiative is shown. */
let initiative = "";

before(async () => {
  product = await openProduct();
  owner = await asOwner(product.server);
  visit = await product.open();
  ({ page } = visit);
  await owner.letIn(visit.context);
});
after(() => product.close());

/** The browser reports refused requests: the start without a rule, and the monitor before its first reading. */
const expectedRefusals = [
  /status of 422 .*\/api\/v1\/experiments\/[^/]+\/start /u,
  /status of 404 .*\/api\/v1\/experiments\/[^/]+\/monitor /u,
];
const step = journey(() => page);
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
const group = (name: string) => page.getByRole("group", { name });
const address = (path: string) => `${product.server.url}${path}`;

/** What the flag serves now, asked as an application asks. */
async function served(key: string, unit: string): Promise<{ variant: string; value: unknown }> {
  const context = { targetingKey: unit };
  return owner.call("POST", `/ofrep/v1/evaluate/flags/${FLAG}`, { context }, key);
}

step(
  "the policy answers while a change is typed, and what would be a marathon says so",
  async () => {
    await page.goto(address("/initiatives"));
    await page.getByRole("link", { name: "Propose a change" }).first().click();
    await page.getByRole("heading", { name: "Propose a change", level: 1 }).waitFor();
    const preview = page.getByRole("region", { name: "Decision preview" });
    await preview.getByText("Needs information").waitFor();
    await page.getByRole("textbox", { name: "Title" }).fill(TITLE);
    await page.getByRole("combobox", { name: "What is it for?" }).selectOption("An experiment");
    const domains = group("Which risk domains does it touch?");
    await domains.getByRole("checkbox", { name: "None of these" }).check();
    await group("Does it touch core systems?").getByText("No", { exact: true }).click();
    await page.getByRole("spinbutton", { name: "Duration" }).fill("2");
    await page.getByRole("spinbutton", { name: "Iterations expected" }).fill("1");
    await preview.getByText("Not ready", { exact: true }).waitFor();
    await domains.getByRole("checkbox", { name: "Billing" }).check();
    await preview.getByText("Marathon", { exact: true }).first().waitFor();
    assert.equal(await domains.getByRole("checkbox", { name: "None of these" }).isChecked(), false);
    await domains.getByRole("checkbox", { name: "Billing" }).uncheck();
    await domains.getByRole("checkbox", { name: "None of these" }).check();
    await preview.getByText("Not ready", { exact: true }).waitFor();
  },
);

step("it is proposed with the artifacts that can be written beforehand", async () => {
  await page.getByRole("textbox", { name: "Hypothesis" }).fill(HYPOTHESIS);
  await page.getByRole("textbox", { name: "Metric" }).fill("order_paid");
  await page.getByRole("spinbutton", { name: "Smallest effect" }).fill("5");
  await page.getByRole("textbox", { name: "Telemetry plan" }).fill(EVENTS.join("\n"));
  await page.getByRole("textbox", { name: "Feature flag" }).fill(FLAG);
  await page.getByRole("textbox", { name: "System 1" }).fill("Shop");
  await page.getByRole("textbox", { name: "Contact 1" }).fill("Shop team");
  await button("Propose").click();
  await page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
  initiative = page.url();
  await page.getByText("CHG-1", { exact: true }).first().waitFor();
  await page.getByText("Proposed", { exact: true }).first().waitFor();
});

step("its flag is created and published, and serves the off variant to everyone", async () => {
  await page.goto(address("/flags"));
  await page.getByRole("button", { name: "Create flag" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create a flag" });
  // A dialog begins in its first field, so that whoever types need not look for it.
  await dialog.locator("input:focus").waitFor();
  await page.keyboard.type(FLAG);
  await dialog.getByRole("button", { name: "Create flag" }).click();
  await page.getByRole("heading", { name: FLAG, level: 1 }).waitFor();
  await page.getByRole("switch", { name: "On" }).waitFor();
  await button("Review and publish").click();
  const review = page.getByRole("dialog", { name: `Publish ${FLAG} to production` });
  await review.getByRole("button", { name: "Publish to production" }).click();
  await page.getByText("On, production, revision 1").waitFor();
  const key = await owner.key("evaluate");
  assert.deepEqual((await served(key, "anybody")).variant, "control");
});

step("the way back is defined on the flag", async () => {
  await page.getByRole("tab", { name: "Rollback" }).click();
  await page.getByText("No way back is defined.").waitFor();
  await page
    .getByRole("textbox", { name: "How to see that it worked" })
    .fill("The checkout shows two pages again.");
  await button("Define way back").click();
  await page.getByText("The checkout shows two pages again.").waitFor();
  await page.getByText("Undone by going back to the off variant").waitFor();
});

step(
  "once its events have arrived, the change is decided to be a sprint and is ready",
  async () => {
    const intake = await owner.key("intake");
    const batch = EVENTS.map((event) => ({
      type: "track",
      messageId: `probe ${event}`,
      userId: "telemetry-probe",
      event,
    }));
    await owner.call("POST", "/v1/batch", { batch }, intake);
    await page.goto(initiative);
    await page.getByText("7 of 7 present").waitFor();
    await button("Ask for a decision").click();
    await page.getByText("certain, no rule speaks against it").waitFor();
    await page.getByText("Sprint", { exact: true }).first().waitFor();
    await button("Mark sprint ready").click();
    await button("Start iteration 1").waitFor();
  },
);

step("an experiment is drafted from the change, and its criterion locked", async () => {
  await page.getByRole("link", { name: "Start an experiment" }).click();
  await page.getByRole("heading", { name: "New experiment", level: 1 }).waitFor();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(TITLE);
  await page.getByRole("combobox", { name: "Flag" }).fill(FLAG);
  await page.getByRole("option", { name: FLAG }).click();
  await page.getByRole("spinbutton", { name: "treatment" }).waitFor();
  await page.getByRole("textbox", { name: "What you expect, and why" }).fill(HYPOTHESIS);
  await button("Define a metric").click();
  const metric = page.getByRole("dialog", { name: "Define a metric" });
  await metric.getByRole("textbox", { name: "Name" }).fill("Order paid");
  await metric.getByRole("textbox", { name: "Event" }).fill("Order Paid");
  await metric.getByRole("button", { name: "Define metric" }).click();
  await metric.waitFor({ state: "hidden" });
  await button("Draft experiment").click();
  await page.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
  await page.getByText("The checkout shows two pages again.").waitFor();
  await button("Lock criterion").click();
  const sure = page.getByRole("alertdialog", { name: "Lock the criterion?" });
  await sure.getByRole("button", { name: "Lock criterion" }).click();
  await page.getByText("The criterion is locked.").waitFor();
});

step("it starts when everything holds, and runs", async () => {
  await button("Start").click();
  await page
    .getByRole("alert")
    .getByText(/flag|rule/iu)
    .first()
    .waitFor();
  await button("Publish a rule for this run").click();
  await button("Publish a rule for this run").waitFor({ state: "hidden" });
  await button("Start").click();
  await page.getByText("Collecting data").first().waitFor();
  await page
    .getByText(/^Running/u)
    .first()
    .waitFor();
  const key = await owner.key("evaluate");
  const variants = await Promise.all(
    Array.from({ length: 40 }, async (_, unit) => (await served(key, `customer-${unit}`)).variant),
  );
  assert.deepEqual([...new Set(variants)].toSorted(), ["control", "treatment"]);
});

step("its monitor says what it found, and where the way back leads", async () => {
  await page.getByRole("tab", { name: "Data health" }).click();
  await page.getByText("Nothing found", { exact: true }).waitFor();
  await page.getByRole("table", { name: "Always-valid intervals of the monitor" }).waitFor();
  await page.getByRole("tab", { name: "Rollback" }).click();
  await page.getByText("The checkout shows two pages again.").waitFor();
  await page.getByText("It has never been rolled back", { exact: true }).waitFor();
});

step("one button with a reason takes it back, and every page says so", async () => {
  await button("Roll back").click();
  const dialog = page.getByRole("dialog", { name: `Roll back ${FLAG} in production?` });
  const act = dialog.getByRole("button", { name: "Roll back" });
  assert.equal(await act.isDisabled(), true, "a rollback needs its reason");
  await dialog.getByRole("textbox", { name: "Reason" }).fill("Support reports blank pages");
  await page.keyboard.press("Enter");
  await dialog.waitFor();
  await act.click();
  await page.getByRole("region", { name: "Rolled back" }).waitFor();
  await page.getByText("Support reports blank pages").first().waitFor();
  const key = await owner.key("evaluate");
  const variants = await Promise.all(
    Array.from({ length: 40 }, async (_, unit) => served(key, `customer-${unit}`)),
  );
  assert.deepEqual([...new Set(variants.map(({ variant }) => variant))], ["control"]);
  assert.deepEqual([...new Set(variants.map(({ value }) => value))], [false]);
  await page.goto(initiative);
  await page.getByText("Roll back", { exact: true }).first().waitFor();
  await button("Capture the learning").waitFor();
  await page.goto(address("/"));
  await page.getByText(FLAG).first().waitFor();
  assert.deepEqual(
    visit.complaints.filter((text) => !expectedRefusals.some((path) => path.test(text))),
    [],
  );
});
