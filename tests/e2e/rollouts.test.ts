/** A rollout from its plan to its way back, as a person walks it. */
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { asOwner, journey, openProduct } from "./product.ts";
import type { Owner, Page, Product, Visit } from "./product.ts";

const FLAG = "checkout.express";
const PLACE = `/api/v1/flags/${FLAG}/environments/production`;

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
  });
  await owner.call("PUT", PLACE, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [
      {
        id: "everyone",
        description: "Everyone",
        serve: { variant: "on" },
        exposureShare: 0,
        recordExposure: true,
      },
    ],
  });
  await owner.call("POST", `${PLACE}/publish`, {});
  visit = await product.open();
  ({ page } = visit);
  await owner.letIn(visit.context);
});
after(() => product.close());

const step = journey(() => page);

step("an empty list says what a rollout is, and leads to the plan", async () => {
  await page.goto(`${product.server.url}/rollouts`);
  await page.getByText("Your rollouts appear here").waitFor();
  await page.getByRole("link", { name: "Plan a rollout" }).first().click();
  await page.getByRole("heading", { name: "Plan a rollout", level: 1 }).waitFor();
});

step(
  "a plan is made from a template for a rule of a flag, with its way back in place",
  async () => {
    await page.goto(`${product.server.url}/rollouts/new?flag=${FLAG}&environment=production`);
    await page.getByRole("combobox", { name: "Rule" }).selectOption("everyone");
    await page.getByRole("radio", { name: /^Fast/u }).check();
    await page.getByRole("checkbox", { name: /do not come in the planned shares/u }).check();
    await page.getByRole("button", { name: "Save plan" }).click();
    await page.getByRole("heading", { name: `${FLAG} in production`, level: 1 }).waitFor();
    await page.getByText("A draft that exposes nobody").waitFor();
  },
);

step("a fault of a stage stands at its field", async () => {
  await page.getByRole("link", { name: "Edit plan" }).click();
  await page.getByRole("button", { name: "Advanced" }).click();
  const second = page.getByRole("list", { name: "Stages" }).getByRole("listitem").nth(1);
  await second.getByRole("spinbutton", { name: "Exposure" }).fill("5");
  await page.getByRole("button", { name: "Save plan" }).click();
  await second.getByText("must not be less than that of the stage before").waitFor();
  await second.getByRole("spinbutton", { name: "Exposure" }).fill("50");
  await page.getByRole("button", { name: "Save plan" }).click();
  await page.getByText("A draft that exposes nobody").waitFor();
});

step(
  "arming without a way back is refused with the rule, and defining one is the way out",
  async () => {
    await page.getByRole("button", { name: "Arm without a way back" }).click();
    await page.getByText("The rollout cannot begin yet").waitFor();
    await page.getByText("way-back", { exact: true }).waitFor();
    const form = page.getByRole("form", { name: "Way back" });
    await form
      .getByRole("textbox", { name: "How to see that it worked" })
      .fill("The old checkout is back.");
    await form.getByRole("button", { name: "Define way back" }).click();
    await page.getByText("the off variant for everyone").first().waitFor();
    await page.getByRole("button", { name: "Arm", exact: true }).click();
    await page.getByText("Armed, nobody is exposed yet").waitFor();
  },
);

step("the start publishes the first stage and says what the next one waits for", async () => {
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Running at 10%").or(page.getByText("Holding at 10%")).waitFor();
  await page
    .getByRole("list", { name: "What it waits for" })
    .getByText("Time", { exact: true })
    .waitFor();
  await page.getByText("checkout.express in production goes back to").waitFor();
  await page.getByText(/Started: published the stage at 10%/u).waitFor();
});

step("rolling back needs a reason and nobody's yes, and the page says how it ended", async () => {
  await page.getByRole("button", { name: "Roll back now" }).click();
  const dialog = page.getByRole("dialog");
  assert.ok(await dialog.getByRole("button", { name: "Roll back now" }).isDisabled());
  await dialog.getByRole("textbox", { name: "Reason" }).fill("Orders fail for some");
  await dialog.getByRole("button", { name: "Roll back now" }).click();
  await page.getByRole("region", { name: "Rolled back" }).waitFor();
  await page.getByText(/in effect after/u).waitFor();
  const flag = await owner.call("GET", `/api/v1/flags/${FLAG}`);
  assert.equal(flag.environments[0].lock, null);
  assert.deepEqual(
    visit.complaints.filter((line) => !line.includes("409") && !line.includes("422")),
    [],
  );
});
