import { bootstrapScript } from "@paceline/openfeature-node";
import type { PacelineProvider } from "@paceline/openfeature-node";

/** A page that starts with the values of its visitor, so that nothing flickers. */
export async function renderPage(
  provider: PacelineProvider,
  visitor: { readonly targetingKey: string; readonly plan: string },
): Promise<string> {
  const values = await provider.bootstrap(visitor);
  return `<!doctype html><title>Shop</title>${bootstrapScript(values)}<script type="module" src="/shop.js"></script>`;
}
