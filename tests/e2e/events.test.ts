/** Connect a client, see its first event arrive, find it in the catalog, ask about it, compare it, and erase who sent it. */
import assert from "node:assert/strict";
import { availableParallelism, loadavg } from "node:os";
import { after, before } from "node:test";

import { asOwner, journey, openProduct } from "./product.ts";
import type { Owner, Page, Product, Visit } from "./product.ts";

let product: Product;
let owner: Owner;
let visit: Visit;
let page: Page;
let key = "";

before(async () => {
  product = await openProduct();
  owner = await asOwner(product.server);
  visit = await product.open();
  ({ page } = visit);
  await owner.letIn(visit.context);
});
after(() => product.close());

const step = journey(() => page);
const address = (path: string) => `${product.server.url}${path}`;

function order(messageId: string, properties: object = { revenue: 64.1, country: "DE" }) {
  const now = Date.now();
  return {
    type: "track",
    messageId,
    userId: "customer-1",
    event: "Order Completed",
    properties,
    timestamp: new Date(now - 1000).toISOString(),
    context: { library: { name: "analytics-node", version: "3.1.0" } },
  };
}

step("without events the live view leads to connecting a client", async () => {
  await page.goto(address("/events?environment=production"));
  await page.getByText("Events appear here as they arrive").waitFor();
  await page.getByRole("link", { name: "Send the first one" }).click();
  await page.getByRole("heading", { name: "Connect a client", level: 2 }).waitFor();
});

step("a fresh key stands in the code that is copied, for each client", async () => {
  await page.getByRole("textbox", { name: "Name of the source" }).fill("Web shop");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByText("Only its hash is kept").waitFor();
  const code = page.getByRole("figure").filter({ hasText: "Send an event" });
  key = /pck_[\w-]+/u.exec(await code.innerText())?.[0] ?? "";
  assert.notEqual(key, "");
  for (const client of ["PostHog, Node", "OpenTelemetry, JSON", "curl"]) {
    await page.getByRole("combobox", { name: "Client" }).selectOption(client);
    assert.ok((await code.innerText()).includes(key), client);
    assert.ok((await code.innerText()).includes(product.server.url), client);
  }
  await page.getByText("Waiting for the first event.").waitFor();
});

step("the wait turns green within a second of the first event", async () => {
  await owner.call("POST", "/v1/batch", { batch: [order("order-1")] }, key);
  const began = performance.now();
  await page.getByText("Connected.").waitFor();
  const allowedMs = 1000 * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
  assert.ok(performance.now() - began < allowedMs);
  await page.getByRole("link", { name: "Watch live" }).click();
  await page.getByRole("table", { name: "Newest events" }).getByText("customer-1").waitFor();
});

step("the next event appears by itself, and its details say who, when and what", async () => {
  await owner.call("POST", "/v1/batch", { batch: [order("order-2", { revenue: 12 })] }, key);
  const rows = page.getByRole("table", { name: "Newest events" }).getByRole("row");
  await rows.nth(2).waitFor();
  await rows.nth(1).getByRole("link").click();
  const drawer = page.getByRole("complementary", { name: "Order Completed" });
  await drawer.getByText('"revenue": 12').waitFor();
  await drawer.getByText("Happened").waitFor();
  await drawer.getByRole("link", { name: "Close panel" }).click();
  await drawer.waitFor({ state: "detached" });
});

step("paused, the list stands still until it is resumed", async () => {
  await page.getByRole("button", { name: "Pause" }).click();
  await owner.call("POST", "/v1/batch", { batch: [order("order-3")] }, key);
  await page.getByRole("button", { name: "Show 1 new" }).waitFor();
  const rows = page.getByRole("table", { name: "Newest events" }).getByRole("row");
  assert.equal(await rows.count(), 3);
  await page.getByRole("button", { name: "Show 1 new" }).click();
  await rows.nth(3).waitFor();
});

step("the name is in the catalog, with its chart, its properties and who sends it", async () => {
  await product.server.parts.events.flush();
  await page.goto(address("/events?environment=production&tab=catalog"));
  await page.getByRole("link", { name: "Order Completed" }).click();
  await page.getByRole("heading", { name: "Order Completed", level: 1 }).waitFor();
  await page.getByRole("heading", { name: "Order Completed: 3 events" }).waitFor();
  await page.getByRole("table", { name: "Properties as observed" }).getByText("revenue").waitFor();
  await page.getByText("analytics-node 3.1.0").waitFor();
  await page.getByText("Web shop").waitFor();
});

step("a question is answered with its SQL, and its address can be opened again", async () => {
  await page.getByRole("link", { name: "Explore" }).click();
  await page.getByRole("combobox", { name: "Measure" }).selectOption("Sum of a property");
  await page.getByRole("textbox", { name: "Property", exact: true }).fill("revenue");
  await page.getByRole("heading", { name: "Order Completed: 140.20 in 3 events" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Order Completed: 140.20 in 3 events" }).waitFor();
  await page.getByText("Show the SQL").click();
  await page.getByText("read_parquet").waitFor();
});

step("its export of a day is the same as what is here, says the comparison", async () => {
  await page.goto(address("/events?environment=production&tab=parity"));
  const answer = await owner.call(
    "GET",
    "/api/v1/events/export?environment=production&format=json",
  );
  const lines = answer.map((message: object) => JSON.stringify(message)).join("\n");
  await page.getByLabel("Export of the other vendor").setInputFiles({
    name: "theirs.ndjson",
    mimeType: "application/x-ndjson",
    buffer: Buffer.from(lines),
  });
  const soon = new Date(Date.now() + 3_600_000).toISOString().slice(0, 16);
  await page.getByLabel("To (UTC)").fill(soon);
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("Paceline has all 3 messages.").waitFor();
});

step("that person is erased after a preview and the typed word, and a receipt stays", async () => {
  await page.goto(address("/events?environment=production&tab=storage"));
  await page.getByRole("button", { name: "Erase a person" }).click();
  const dialog = page.getByRole("dialog", { name: "Erase a person" });
  await dialog.getByRole("textbox", { name: "User ids and anonymous ids" }).fill("customer-1");
  await dialog.getByRole("button", { name: "Show what would go" }).click();
  await dialog.getByText("3 events would be removed.").waitFor();
  await dialog.getByRole("textbox", { name: "Reason" }).fill("request of 2 March");
  const act = dialog.getByRole("button", { name: "Erase for good" });
  assert.equal(await act.isDisabled(), true);
  await dialog.getByRole("textbox", { name: "Type erase to confirm" }).fill("erase");
  await act.click();
  await dialog.getByText("3 events removed").waitFor();
  await dialog.getByRole("button", { name: "Done" }).click();
  await page.getByRole("table", { name: "Erasures" }).getByText("request of 2 March").waitFor();
  const left = await owner.call(
    "GET",
    "/api/v1/events/export?environment=production&format=json&unit=customer-1",
  );
  assert.deepEqual(left, []);
});

step("nothing of it left a complaint in the console", async () => {
  assert.deepEqual(visit.complaints, []);
});
