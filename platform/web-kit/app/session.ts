import { createContext, useContext } from "react";

/** Who is signed in, as the shell knows it. */
export type Session = {
  readonly person: { readonly id: string; readonly name: string; readonly email: string };
  readonly role: string;
  readonly workspace: { readonly id: string; readonly name: string };
  /** What the role may do; the server checks again. */
  readonly permissions: ReadonlySet<string>;
};

export const SessionContext = createContext<Session | undefined>(undefined);

/** The session; only below the shell, where there always is one. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("useSession is used outside the shell");
  return session;
}

/** Whether the person may do this; hide or explain what they may not. */
export function useMay(permission: string): boolean {
  return useSession().permissions.has(permission);
}
