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
  "a plan is made from a template for a rule on the page of its flag, with its way back in place",
  async () => {
    await page.goto(`${product.server.url}/flags/${FLAG}?environment=production`);
    await page.getByRole("link", { name: "Roll it out in stages" }).click();
    await page.getByRole("heading", { name: "Plan a rollout", level: 1 }).waitFor();
    await page.getByRole("combobox", { name: "Rule" }).selectOption("everyone");
    assert.equal(new URL(page.url()).searchParams.get("rule"), "everyone");
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
  await second.getByRole("textbox", { name: "Hold for a time" }).fill("1.5 hours");
  await page.getByText("1 h 30 min and every guard read").waitFor();
  await page.getByRole("button", { name: "Save plan" }).click();
  await page.getByText("A draft that exposes nobody").waitFor();
});

step(
  "a stage targets others by the editor of conditions, with what is wrong at its place",
  async () => {
    await page.getByRole("link", { name: "Edit plan" }).click();
    await page.getByRole("button", { name: "Advanced" }).click();
    const last = page.getByRole("list", { name: "Stages" }).getByRole("listitem").nth(2);
    await last.getByRole("button", { name: "Change who is targeted" }).click();
    const targeting = page.getByRole("region", { name: "Targeting from stage 3 on" });
    await targeting.getByRole("button", { name: "Add a group" }).click();
    await targeting.getByText("estimated once every part is complete").waitFor();
    await page.getByRole("button", { name: "Save plan" }).click();
    await targeting.getByText("must name an attribute").first().waitFor();
    await targeting.getByRole("button", { name: "Take out part 2", exact: true }).click();
    await targeting.getByRole("combobox", { name: "Part 1: attribute" }).fill("country");
    await targeting.getByRole("combobox", { name: "Part 1: comparison" }).selectOption("in");
    await targeting.getByRole("textbox", { name: "Part 1: value" }).fill("DE, AT");
    await targeting.getByText("there is nothing to estimate from").waitFor();
  },
);

step("the stages are kept as a template, from which another plan begins, and deleted", async () => {
  await page.getByRole("button", { name: "Keep the stages as a template" }).click();
  const dialog = page.getByRole("dialog", { name: "Keep the stages as a template" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("Fast");
  await dialog.getByText("comes with the product").waitFor();
  await dialog.getByRole("textbox", { name: "Name" }).fill("Neighbors last");
  await dialog.getByRole("button", { name: "Keep template" }).click();
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Save plan" }).click();
  await page.getByText("new targeting").waitFor();
  const { items } = await owner.call("GET", "/api/v1/rollouts");
  const { plan } = await owner.call("GET", `/api/v1/rollouts/${items[0].id}`);
  assert.equal(plan.template, "neighbors-last");
  assert.deepEqual(plan.stages[2].when, {
    attribute: "country",
    operator: "in",
    value: ["DE", "AT"],
  });
  const rollout = page.url();
  await page.goto(`${product.server.url}/rollouts/new`);
  const neighbors = page.getByRole("radio", { name: /^Neighbors last/u });
  await neighbors.check();
  await page.getByRole("button", { name: "Delete the template Neighbors last" }).click();
  const sure = page.getByRole("alertdialog", { name: "Delete the template “Neighbors last”?" });
  await sure.getByRole("button", { name: "Delete template" }).click();
  await neighbors.waitFor({ state: "detached" });
  await page.getByText("written by hand").waitFor();
  const { items: left } = await owner.call("GET", "/api/v1/rollout-templates");
  assert.ok(left.every(({ isBuiltIn }: { readonly isBuiltIn: boolean }) => isBuiltIn));
  await page.goto(rollout);
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

step("the flag's page leads to the rollout that holds it, and shows its way back", async () => {
  await page.goto(`${product.server.url}/flags/${FLAG}?environment=production`);
  await page.getByText("Undone by going back to the off variant for everyone").waitFor();
  await page.getByRole("button", { name: "Roll back", exact: true }).waitFor();
  await page.getByRole("tab", { name: "Rollback" }).click();
  await page.getByText("The old checkout is back.").waitFor();
  await page.getByText("The way back was never rehearsed").waitFor();
  await page.getByText("It has never been rolled back", { exact: true }).waitFor();
  await page.getByRole("link", { name: "Open the rollout" }).click();
  await page.getByRole("heading", { name: `${FLAG} in production`, level: 1 }).waitFor();
});

step("a rollout that was set aside says why, and goes on when somebody says so", async () => {
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const run = `/api/v1/rollouts/${id}/run`;
  const { db } = product.server.parts.store;
  await db
    .updateTable("workflow_runs")
    .set({ status: "quarantined", reason: "It took its node down." })
    .where("id", "=", id)
    .execute();
  await page.reload();
  const standstill = page.getByText("It stands still: it was set aside.", { exact: true });
  await standstill.waitFor();
  await page.getByText("It took its node down.").waitFor();
  await page.getByRole("button", { name: "Retry" }).click();
  const dialog = page.getByRole("dialog", { name: "Let it go on?" });
  await dialog.getByRole("textbox", { name: "Reason" }).fill("The node has memory again");
  await dialog.getByRole("button", { name: "Retry" }).click();
  await dialog.waitFor({ state: "hidden" });
  await standstill.waitFor({ state: "hidden" });
  assert.equal((await owner.call("GET", run)).status, "active");
});

step("rolling back needs a reason and nobody's yes, and the page says how it ended", async () => {
  await page.getByRole("button", { name: "Roll back now" }).click();
  const dialog = page.getByRole("dialog");
  assert.ok(await dialog.getByRole("button", { name: "Roll back now" }).isDisabled());
  await dialog.getByRole("textbox", { name: "Reason" }).fill("Orders fail for some");
  await dialog.getByRole("button", { name: "Roll back now" }).click();
  await page.getByRole("region", { name: "Rolled back" }).waitFor();
  await page.getByText("after it was asked for").waitFor();
  const flag = await owner.call("GET", `/api/v1/flags/${FLAG}`);
  assert.equal(flag.environments[0].lock, null);
  assert.deepEqual(
    visit.complaints.filter((line) => !line.includes("409") && !line.includes("422")),
    [],
  );
});

const STEPPED = "checkout.stepped";

/** A rollout whose first stage waits for the yes of an owner, written by a program. */
async function startStepped(): Promise<string> {
  const environment = "production";
  const place = `/api/v1/flags/${STEPPED}/environments/${environment}`;
  await owner.call("POST", "/api/v1/flags", {
    key: STEPPED,
    type: "boolean",
    variants: { off: false, on: true },
  });
  await owner.call("PUT", place, {
    enabled: true,
    offVariant: "off",
    defaultVariant: "off",
    rules: [{ id: "all", serve: { variant: "on" }, exposureShare: 0 }],
  });
  await owner.call("POST", `${place}/publish`, {});
  const { items } = await owner.call("GET", "/api/v1/members");
  await owner.call("PUT", `/api/v1/environments/${environment}/flags/${STEPPED}/rollback`, {
    initiativeId: null,
    experimentId: null,
    target: { kind: "off" },
    triggers: [],
    mode: "automatic",
    ownerId: items[0].id,
    verification: "Nobody sees the steps.",
    pace: "last-in-first-out",
    stepSeconds: 600,
  });
  const stage = (exposureShare: number, approval: object | null) => ({
    id: `at-${exposureShare * 100}`,
    name: "",
    exposureShare,
    when: null,
    hold: { time: approval === null ? "PT1H" : null, sample: null, approval, guards: false },
  });
  const { id } = await owner.call("POST", "/api/v1/rollouts", {
    name: "Step by step",
    flagKey: STEPPED,
    environment,
    ruleId: "all",
    stages: [stage(0.1, { by: "owner" }), stage(0.5, null), stage(1, null)].map((one) => ({
      ...one,
      name: one.id,
    })),
  });
  await owner.call("POST", `/api/v1/rollouts/${id}/arm`);
  await owner.call("POST", `/api/v1/rollouts/${id}/start`);
  return id;
}

step("somebody else than its author approves a stage, and the next one is published", async () => {
  const id = await startStepped();
  await page.goto(`${product.server.url}/rollouts/${id}`);
  await page.getByText("An owner who did not write or start it must approve.").waitFor();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByText("Running at 50%").waitFor();
  await page.getByText("Approved by the owner").waitFor();
});

step("a rollback step by step shows each step, and anybody may hurry it", async () => {
  await page.getByRole("button", { name: "Roll back now" }).click();
  const dialog = page.getByRole("dialog", { name: /^Roll back/u });
  assert.equal(
    await dialog.getByRole("button", { name: "Step by step" }).getAttribute("aria-pressed"),
    "true",
  );
  await dialog.getByRole("textbox", { name: "Reason" }).fill("Some are lost");
  await dialog.getByRole("button", { name: "Roll back now" }).click();
  await page.getByText("Rolling back step by step").waitFor();
  const steps = page.getByRole("list", { name: "Steps of the rollback" });
  await steps.getByText("Down to 10%").waitFor();
  await steps.getByText("The target, for everybody").waitFor();
  await page.getByRole("button", { name: "Roll back now" }).click();
  await dialog.getByRole("textbox", { name: "Reason" }).fill("Now");
  await dialog.getByRole("button", { name: "Roll back now" }).click();
  await page.getByRole("region", { name: "Rolled back" }).waitFor();
});

step("a receiver of alerts shows its address once, takes a test, and can be revoked", async () => {
  await page.goto(`${product.server.url}/rollouts/alert-receivers`);
  await page.getByText("No system can send alerts yet").waitFor();
  await page.getByRole("button", { name: "New receiver" }).click();
  const dialog = page.getByRole("dialog", { name: /alert receiver|may send alerts/u });
  await dialog.getByRole("textbox", { name: "Name of the system" }).fill("Prometheus");
  await dialog.getByRole("button", { name: "Create receiver" }).click();
  await dialog.getByText("send_resolved: true").waitFor();
  const address = await dialog
    .getByText(/\/api\/v1\/alerts\//u)
    .first()
    .innerText();
  await page.keyboard.press("Escape");
  assert.ok(await dialog.isVisible(), "what is shown once is not closed by Esc");
  await dialog.getByRole("button", { name: "Send a test alert" }).click();
  await dialog.getByText("A test alert arrived.").waitFor();
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await page.getByRole("table", { name: "Alerts" }).getByText("PacelineTest").waitFor();
  assert.ok(!(await page.content()).includes(address));
  await page.getByRole("button", { name: "Revoke Prometheus" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Revoke receiver" }).click();
  await page.getByText("Revoked", { exact: true }).waitFor();
  const refused = await fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ version: "4", alerts: [] }),
  });
  assert.equal(refused.status, 404);
});

step(
  "what is in force is promoted to another environment after its differences were shown",
  async () => {
    await page.goto(`${product.server.url}/flags/${STEPPED}?environment=production`);
    await page.getByRole("button", { name: "Promote" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "To" }).selectOption("staging");
    await dialog.getByText("Not in force in staging yet").waitFor();
    await dialog.getByRole("button", { name: "Publish in staging" }).click();
    await dialog.waitFor({ state: "hidden" });
    const { environments } = await owner.call("GET", `/api/v1/flags/${STEPPED}`);
    const staging = environments.find(
      ({ environment }: { environment: string }) => environment === "staging",
    );
    assert.ok(staging.published.revision > 0);
  },
);
