import { PostHog } from "posthog-node";
import type { PostHogOptions } from "posthog-node";

/** PostHog's client for Node. It waits 3 s between attempts, whatever `Retry-After` says. */
export function connect(host: string, key: string, options: PostHogOptions = {}): PostHog {
  return new PostHog(key, { host, fetchRetryCount: 10, ...options });
}
