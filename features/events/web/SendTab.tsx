import { Card, CodeBlock, TextLink } from "@paceline/web-kit";

/** How events get in: Segment's own client, pointed here. */
export function SendTab(props: { environment: string }) {
  const { origin } = globalThis.location;
  return (
    <Card title="Send events from code" note="Segment’s client, no client of ours">
      <div className="flex flex-col gap-4">
        <CodeBlock
          label="Node"
          language="typescript"
          code={[
            "// npm install @segment/analytics-node",
            'import { Analytics } from "@segment/analytics-node";',
            "",
            "const analytics = new Analytics({",
            `  // A key with the scope intake, of the environment ${props.environment}`,
            "  writeKey: process.env.PACELINE_KEY,",
            `  host: "${origin}",`,
            "});",
            "analytics.track({",
            "  userId: customer.id,",
            '  event: "Order Completed",',
            '  properties: { revenue: 64.1, currency: "EUR" },',
            "});",
            "await analytics.closeAndFlush();",
          ].join("\n")}
        />
        <CodeBlock
          label="curl"
          language="bash"
          code={[
            `curl ${origin}/v1/track -u "$PACELINE_KEY:" -H "content-type: application/json" \\`,
            `  -d '{"userId": "customer-1", "event": "Order Completed", "messageId": "order-1"}'`,
          ].join("\n")}
        />
        <p className="text-fg2">
          A key for intake can only write events, so a web page may carry it.{" "}
          <TextLink to="/settings/keys">Create a key</TextLink>
        </p>
      </div>
    </Card>
  );
}
