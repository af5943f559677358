import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { PASSWORD } from "@paceline/server/test-server";

import { openProduct } from "./product.ts";
import type { Product, Visit } from "./product.ts";

const EMAIL = "mara@acme.example";

let product: Product;
let mara: Visit;

before(async () => {
  product = await openProduct();
  mara = await product.open();
});
after(() => product.close());

test("the one-time link makes the owner, who sees an overview that says that it is empty", async () => {
  const { page } = mara;
  const link = product.server.firstRunUrl;
  assert.ok(link !== null);
  await page.goto(link);
  await page.getByRole("heading", { name: "Set up Paceline", level: 1 }).waitFor();
  await page.getByRole("textbox", { name: "Workspace" }).fill("Acme Growth");
  await page.getByRole("textbox", { name: "Your name" }).fill("Mara Lind");
  await page.getByRole("textbox", { name: "E-mail" }).fill(EMAIL);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await page.getByText("What waits for you appears here").waitFor();
  await page.getByText("This workspace has no initiative and no running experiment yet.").waitFor();
  await page.getByRole("main").getByRole("link", { name: "Propose a change" }).waitFor();
  assert.equal(await page.getByText("Acme Growth").first().isVisible(), true);
});

test("the link works once", async () => {
  const { page, context } = await product.open();
  await page.goto(product.server.firstRunUrl ?? "");
  await page.getByRole("textbox", { name: "Workspace" }).fill("Mallory");
  await page.getByRole("textbox", { name: "Your name" }).fill("Mallory");
  await page.getByRole("textbox", { name: "E-mail" }).fill("mallory@acme.example");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create workspace" }).click();
  await page.getByRole("alert").waitFor();
  await page.goto(product.server.url);
  await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
  await context.close();
});

test("who signs out is out: pages lead to the sign-in", async () => {
  const { page } = mara;
  await page.getByRole("button", { name: "Mara Lind" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
  await page.goto(`${product.server.url}/initiatives`);
  await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("next"), "/initiatives");
});

test("a wrong password is refused in the words of an unknown person", async () => {
  const { page } = mara;
  const refusalOf = async (email: string): Promise<string> => {
    await page.getByRole("textbox", { name: "E-mail" }).fill(email);
    await page.getByLabel("Password").fill(`${PASSWORD}!`);
    const answering = page.waitForResponse((answer) => answer.url().endsWith("/api/v1/session"));
    await page.getByRole("button", { name: "Sign in" }).click();
    const answer = await answering;
    assert.equal(answer.status(), 401);
    const { detail } = await answer.json();
    await page.getByRole("alert").getByText(detail).waitFor();
    return detail;
  };
  assert.equal(await refusalOf(EMAIL), await refusalOf("nobody@acme.example"));
  await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
});

test("the right one lets in, to where the person was going", async () => {
  const { page, complaints } = mara;
  await page.getByRole("textbox", { name: "E-mail" }).fill(EMAIL);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Initiatives", level: 1 }).waitFor();
  // The browser itself reports each refused request; nothing else may be reported.
  assert.deepEqual(
    complaints.filter((text) => !text.includes("status of 401")),
    [],
  );
});
