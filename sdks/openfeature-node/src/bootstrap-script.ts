import type { Bootstrap } from "./options.ts";

const NAME = "__PACELINE__";

/**
 * The bootstrap as a script element for a page, from which `readBootstrap` of the web provider reads it.
 * Whatever a value holds, it cannot end the script.
 *
 * @param nonce  of the page's content security policy, if it has one
 */
export function bootstrapScript(bootstrap: Bootstrap, nonce?: string): string {
  const json = JSON.stringify(bootstrap)
    .replaceAll("<", String.raw`\u003c`)
    .replaceAll("\u2028", String.raw`\u2028`)
    .replaceAll("\u2029", String.raw`\u2029`);
  const attribute = nonce === undefined ? "" : ` nonce="${nonce.replaceAll(/[^\w+/=-]/g, "")}"`;
  return `<script${attribute}>window.${NAME}=${json}</script>`;
}
