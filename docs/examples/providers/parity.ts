/** The targeting keys of the probe; each formula answers them in its own way. */
const KEYS = [
  "ejOoVL",
  "anna@example.com",
  "u-1000",
  "müller@example.de",
  "日本語",
  "Ωmega",
  "VBAAbNMV",
  "DSAAUPIZ",
  "cAAASkqz",
  "8EAAac2Z",
];

/**
 * Shows which bucketing formula a client that is not ours runs.
 *
 * @param about     the client as it stands under "connected clients", and how it listens
 * @param evaluate  the variant of `paceline-parity-probe` for a targeting key, by that client
 * @returns the formula, or null for one that Paceline does not know
 */
export async function reportParity(
  url: string,
  apiKey: string,
  about: { readonly client: string; readonly version: string; readonly protocol: "flagd-sync" },
  evaluate: (targetingKey: string) => Promise<string>,
): Promise<string | null> {
  const answers: Record<string, string> = {};
  for (const key of KEYS) answers[key] = await evaluate(key);
  const response = await fetch(`${url}/flags/v1/parity`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ ...about, answers }),
  });
  if (!response.ok) throw new Error(`the report was answered ${response.status}`);
  const { bucketing } = (await response.json()) as { bucketing: string | null };
  return bucketing;
}
