/** What to write into Alertmanager's configuration, so that it sends its alerts here. */
export function alertmanagerYaml(name: string, url: string): string {
  const receiver = receiverName(name);
  return [
    "receivers:",
    `  - name: ${receiver}`,
    "    webhook_configs:",
    `      - url: ${url}`,
    "        send_resolved: true",
    "",
    "route:",
    "  routes:",
    `    - receiver: ${receiver}`,
    "      # Alerts that no guard asks about do no harm; send fewer with matchers.",
    "      continue: true",
    "      group_wait: 0s",
    "      group_interval: 30s",
    "      repeat_interval: 5m",
    "",
  ].join("\n");
}

/** A name that needs no quotes in YAML. */
function receiverName(name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "");
  return plain === "" ? "paceline" : `paceline-${plain}`;
}

/** One alert that is over already: it shows that the way is open, and no guard reads it as harm. */
export function testAlert(now: Date) {
  const at = now.toISOString();
  return {
    version: "4",
    alerts: [
      {
        status: "resolved",
        labels: { alertname: "PacelineTest", severity: "none" },
        annotations: { summary: "Sent by hand to try the way" },
        startsAt: at,
        endsAt: at,
        fingerprint: "paceline-test",
      },
    ],
  } as const;
}

/** The same from any shell. */
export function testCommand(url: string, now: Date): string {
  return `curl -sS -H 'content-type: application/json' \\\n  -d '${JSON.stringify(testAlert(now))}' \\\n  ${url}`;
}
