import { EmptyState, LinkButton, Page } from "@paceline/web-kit";
import { Compass } from "lucide-react";

import { homeAddress } from "./navigation.tsx";

export function NotFoundPage() {
  return (
    <Page title="Not found">
      <h1 className="sr-only">Not found</h1>
      <EmptyState
        icon={<Compass />}
        title="There is nothing at this address, or it is hidden from you"
        action={
          <LinkButton kind="primary" to={homeAddress}>
            Go to the start
          </LinkButton>
        }
      >
        It may have been renamed or archived. Search for it with Ctrl K.
      </EmptyState>
    </Page>
  );
}
