import type { Identity } from "@paceline/http";

import type { ServingDependencies } from "../dependencies.ts";

/** An environment that clients on this machine read without a key. */
export interface OpenEnvironment {
  readonly workspaceId: string;
  readonly environment: string;
}

/** What the services for flagd's clients need. */
export type GrpcDependencies = Omit<ServingDependencies, "credentials"> & {
  /** Who holds a key; null for every text that is no key in force. @throws when it cannot be told */
  readonly identityOfKey: (text: string) => Promise<Identity | null>;
  /**
   * Environments that clients on this machine, by loopback address or Unix socket, read without a
   * key; the first one when they name none. Empty and by default nobody does.
   */
  readonly openEnvironments?: () => Promise<readonly OpenEnvironment[]>;
  /** Streams at most in this process; beyond it they are refused. */
  readonly maxStreams?: number;
  /** Between two looks at who reads the open streams; 15 s by default. */
  readonly streamCheckMs?: number;
};
