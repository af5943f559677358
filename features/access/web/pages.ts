import { definePage, optionalField } from "@paceline/web-kit";

export const signInPage = definePage("/sign-in", { next: optionalField() });
/** The one-time token is in the fragment, which no server and no log sees. */
export const firstRunPage = definePage("/first-run");
export const setPasswordPage = definePage("/set-password");
export const membersPage = definePage("/settings/members");
export const keysPage = definePage("/settings/keys");
export const environmentsPage = definePage("/settings/environments");
export const workspacePage = definePage("/settings/workspace");
export const appearancePage = definePage("/settings/appearance");
