import type { Db, Notifications } from "@paceline/db";

import { readAllSettings } from "./settings-repository.ts";

/** Tells every process that the settings of an environment changed. */
export const CONTEXT_SETTINGS_CHANNEL = "flag_context_settings";
/** Finds what a lost notification would have told. */
const POLL_MS = 30_000;

/** Left out unless somebody says otherwise: what names a person and decides no flag. */
export const USUALLY_PRIVATE = [
  "address",
  "birthdate",
  "dateofbirth",
  "email",
  "firstname",
  "fullname",
  "ip",
  "ipaddress",
  "lastname",
  "name",
  "password",
  "phone",
  "phonenumber",
  "token",
] as const;

/** What is recorded of an environment's contexts. */
export interface ContextRules {
  readonly enabled: boolean;
  /** Names of attributes in lower case, at any depth. */
  readonly neverRecorded: ReadonlySet<string>;
}

const USUAL: ContextRules = { enabled: true, neverRecorded: new Set(USUALLY_PRIVATE) };
const UNKNOWN: ContextRules = { enabled: false, neverRecorded: new Set() };

/** The settings of every environment, in the memory of a process. */
export interface ContextSettings {
  of(workspaceId: string, environment: string): ContextRules;
  /** Resolves when they are as new as the database. */
  refresh(): Promise<void>;
  close(): void;
}

export interface ContextSettingsOptions {
  readonly db: Db;
  readonly notifications?: Notifications;
  readonly onError: (error: unknown) => void;
}

/** Reads the settings; nothing is recorded before they are known. */
export async function openContextSettings(
  options: ContextSettingsOptions,
): Promise<ContextSettings> {
  const { db, notifications, onError } = options;
  let known: ReadonlyMap<string, ContextRules> | null = null;
  const refresh = async (): Promise<void> => {
    const rows = await readAllSettings(db);
    known = new Map(
      rows.map(({ workspaceId, environment, enabled, neverRecorded }) => [
        `${workspaceId}/${environment}`,
        { enabled, neverRecorded: new Set(neverRecorded) },
      ]),
    );
  };
  await notifications?.on(CONTEXT_SETTINGS_CHANNEL, () => void refresh().catch(onError));
  await refresh();
  const poll = setInterval(() => void refresh().catch(onError), POLL_MS);
  poll.unref();
  return {
    of(workspaceId, environment) {
      if (known === null) return UNKNOWN;
      return known.get(`${workspaceId}/${environment}`) ?? USUAL;
    },
    refresh,
    close: () => clearInterval(poll),
  };
}
