import { startTestServer } from "../test-server.ts";
const server = await startTestServer();
const { call } = server;
const flag = (key: string, share: number) => ({
  key,
  type: "boolean",
  kind: "release",
  variants: { on: true, off: false },
  environments: {
    production: {
      defaultVariant: "off",
      rules: [{ id: "r", serve: { variant: "on" }, exposureShare: share, salt: "s", phase: 1 }],
    },
  },
});
for (const n of [200, 1000]) {
  const files = Array.from({ length: n }, (_, i) => flag(`f-${n}-${i}`, 0.1));
  const push = async (name: string, body: object) => {
    const t = performance.now();
    const a = await call("POST", "/api/v1/flag-files/push", { environment: "production", ...body });
    console.log(n, name, a.statusCode, (performance.now() - t).toFixed(0), "ms");
  };
  await push("create", { files });
  await push("unchanged", { files });
  const t = performance.now();
  let after = "";
  let count = 0;
  for (;;) {
    const page = (await call("GET", `/api/v1/flag-files?limit=200${after}`)).json();
    count += page.items.length;
    if (page.next === null) break;
    after = `&after=${page.next}`;
  }
  console.log(n, "pull", count, (performance.now() - t).toFixed(0), "ms");
  const t2 = performance.now();
  const stale = await call("GET", "/api/v1/stale-flags");
  console.log(n, "stale", stale.statusCode, (performance.now() - t2).toFixed(0), "ms");
}
await server.close();
