export { apiClient, onSignedOut } from "./api/client.ts";
export type { ApiClient, ReadOptions, Tagged, WriteOptions } from "./api/client.ts";
export { ApiProblem, asProblem, offlineProblem, readProblem } from "./api/problem.ts";
export type { ChangeOutcome, FieldFault } from "./api/problem.ts";
export { Loaded, createQueryClient, useCommand } from "./api/query.tsx";
export type { Command } from "./api/query.tsx";
export { useLive, useLiveState } from "./api/live.ts";
export type { LiveHub, LiveState } from "./api/live.ts";

export { setAppearance, showsDark, useAppearance } from "./app/appearance.ts";
export type { Appearance, Density, Theme } from "./app/appearance.ts";
export { defineFeature, route, sections } from "./app/feature.ts";
export type {
  FeatureWeb,
  FoundObject,
  NavItem,
  PaletteAction,
  PaletteContext,
  Route,
  Section,
} from "./app/feature.ts";
export { definePage } from "./app/page.ts";
export type { Page as PageAddress, PathParams } from "./app/page.ts";
export { useGoTo, useHrefWith, usePageParams, usePageSearch } from "./app/routing.ts";
export type { UpdateSearch } from "./app/routing.ts";
export {
  choiceField,
  flagField,
  integerField,
  listField,
  optionalField,
  textField,
} from "./app/search-fields.ts";
export type { SearchField, SearchOf } from "./app/search-fields.ts";
export { SessionContext, useMay, useSession } from "./app/session.ts";
export type { Session } from "./app/session.ts";

export { AppLink, LinkButton, TextLink } from "./components/AppLink.tsx";
export type { AppLinkProps } from "./components/AppLink.tsx";
export {
  Badge,
  ModeBadge,
  ModeDot,
  StandingBadge,
  StateBadge,
  VerdictBadge,
} from "./components/Badge.tsx";
export type { MetricStanding, Mode, Verdict } from "./components/Badge.tsx";
export { BrandMark } from "./components/BrandMark.tsx";
export { Button, IconButton, buttonClasses } from "./components/Button.tsx";
export type { ButtonKind, ButtonProps, IconButtonProps } from "./components/Button.tsx";
export { Card, CardRow } from "./components/Card.tsx";
export { Checkbox, Switch } from "./components/Choice.tsx";
export { classes } from "./components/classes.ts";
export { Combobox } from "./components/Combobox.tsx";
export { ConfirmDialog, Dialog, scrimClasses } from "./components/Dialog.tsx";
export { EmptyState } from "./components/EmptyState.tsx";
export { ErrorState } from "./components/ErrorState.tsx";
export { TextArea, TextField } from "./components/Field.tsx";
export type { ControlWiring, FieldFrame } from "./components/Field.tsx";
export { CodeBlock, CopyButton, Hash } from "./components/Hash.tsx";
export { KeyValues } from "./components/KeyValues.tsx";
export type { KeyValue } from "./components/KeyValues.tsx";
export { Keys, Menu } from "./components/Menu.tsx";
export type { MenuEntry, MenuProps } from "./components/Menu.tsx";
export { ArtifactSquares, Meter, ProgressBar, StepBar } from "./components/Meter.tsx";
export type { ArtifactMark } from "./components/Meter.tsx";
export { notify } from "./components/notify.ts";
export { useNow } from "./components/now.ts";
export {
  Columns,
  Page,
  PageHeader,
  PanelSection,
  ShellContext,
  SidePanel,
} from "./components/Page.tsx";
export type { Crumb } from "./components/Page.tsx";
export { Person, PersonDisc } from "./components/Person.tsx";
export type { PersonKind } from "./components/Person.tsx";
export { Popover } from "./components/Popover.tsx";
export type { PopoverProps } from "./components/Popover.tsx";
export { AbsoluteTime, RelativeTime } from "./components/RelativeTime.tsx";
export { ScrollRegion } from "./components/ScrollRegion.tsx";
export { SegmentedControl } from "./components/SegmentedControl.tsx";
export type { Segment } from "./components/SegmentedControl.tsx";
export { Select } from "./components/Select.tsx";
export type { Option } from "./components/Select.tsx";
export { Skeleton, SkeletonRows } from "./components/Skeleton.tsx";
export { StaleNote } from "./components/StaleNote.tsx";
export { Table } from "./components/Table.tsx";
export type { Column, TableProps } from "./components/Table.tsx";
export { TabPanel, Tabs } from "./components/Tabs.tsx";
export type { TabItem } from "./components/Tabs.tsx";
export { Tooltip } from "./components/Tooltip.tsx";
export { Toasts } from "./components/Toasts.tsx";
export { toneColor, toneText, toneTint } from "./components/tone.ts";
export type { Tone } from "./components/tone.ts";
export { Notice, VerdictBanner } from "./components/VerdictBanner.tsx";
export type { BannerFigure, BannerTone } from "./components/VerdictBanner.tsx";

export {
  formatBytes,
  formatClock,
  formatCompact,
  formatCount,
  formatDate,
  formatDateTime,
  formatDay,
  formatDuration,
  formatLift,
  formatMoney,
  formatNumber,
  formatPercent,
  formatPoints,
  formatRelative,
  formatSigned,
  formatTime,
  formatUtc,
} from "./format.ts";
export type { Instant } from "./format.ts";

export { BarSeries } from "./charts/BarSeries.tsx";
export type { Bar } from "./charts/BarSeries.tsx";
export { ChartFrame } from "./charts/ChartFrame.tsx";
export { intervalDomain } from "./charts/geometry.ts";
export type { Direction, LiftPoint } from "./charts/geometry.ts";
export { IntervalRow } from "./charts/IntervalRow.tsx";
export type { IntervalRowProps } from "./charts/IntervalRow.tsx";
export { LiftChart } from "./charts/LiftChart.tsx";
export type { LiftChartProps, LiftStage } from "./charts/LiftChart.tsx";
export { LineSeries } from "./charts/LineSeries.tsx";
export type { Line, LinePoint, LineSeriesProps } from "./charts/LineSeries.tsx";
export { Sparkline } from "./charts/Sparkline.tsx";
