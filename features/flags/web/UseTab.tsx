import { Card, CodeBlock, TextLink } from "@paceline/web-kit";

import type { FlagPlace } from "./place.ts";
import { valueWords } from "./words.ts";

const getters = {
  boolean: "getBooleanValue",
  string: "getStringValue",
  number: "getNumberValue",
  object: "getObjectValue",
} as const;

/** What code should do without an answer: what the flag serves while it is off, else to everyone else. */
function codeDefault({ flag, place }: FlagPlace): unknown {
  const { offVariant, defaultVariant } = place?.published?.content.configuration ?? {};
  const quiet = ["off", "control"].find((name) => name in flag.variants);
  const name = offVariant ?? defaultVariant ?? quiet;
  return name === undefined ? Object.values(flag.variants)[0] : flag.variants[name];
}

function snippet(at: FlagPlace, origin: string): string {
  const { flag, environment } = at;
  return [
    "// npm install @openfeature/server-sdk @openfeature/ofrep-provider",
    'import { OpenFeature } from "@openfeature/server-sdk";',
    'import { OFREPProvider } from "@openfeature/ofrep-provider";',
    "",
    "await OpenFeature.setProviderAndWait(",
    "  new OFREPProvider({",
    `    baseUrl: "${origin}",`,
    `    // A key with the scope evaluate, of the environment ${environment}`,
    '    headers: [["Authorization", `Bearer ${process.env.PACELINE_KEY}`]],',
    "  }),",
    ");",
    "const client = OpenFeature.getClient();",
    `// ${valueWords(codeDefault(at))} is used when no answer comes`,
    `const value = await client.${getters[flag.type]}("${flag.key}", ${valueWords(codeDefault(at))}, {`,
    "  targetingKey: customer.id,",
    "});",
  ].join("\n");
}

/** How code asks for the flag: OpenFeature over OFREP, no client of ours. */
export function UseTab(props: { at: FlagPlace }) {
  const { flag } = props.at;
  const origin = globalThis.location.origin;
  return (
    <Card title="Ask for it from code" note="OpenFeature over OFREP">
      <div className="flex flex-col gap-4">
        <CodeBlock label="Node" language="typescript" code={snippet(props.at, origin)} />
        <CodeBlock
          label="curl"
          language="bash"
          code={[
            `curl ${origin}/ofrep/v1/evaluate/flags/${encodeURIComponent(flag.key)} \\`,
            '  -H "Authorization: Bearer $PACELINE_KEY" -H "content-type: application/json" \\',
            `  -d '{"context": {"targetingKey": "customer-1"}}'`,
          ].join("\n")}
        />
        <p className="text-fg2">
          A key for evaluation can do nothing else.{" "}
          <TextLink to="/settings/keys">Create a key</TextLink>
        </p>
      </div>
    </Card>
  );
}
