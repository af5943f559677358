import { Card, Page, Skeleton, SkeletonRows } from "@paceline/web-kit";

/** The shape of a page whose code is on its way. */
export function PendingPage() {
  return (
    <Page title="Loading">
      <Skeleton className="mb-6 h-7 w-64" />
      <Card flush>
        <SkeletonRows rows={8} />
      </Card>
    </Page>
  );
}
