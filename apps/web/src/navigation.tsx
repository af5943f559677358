import { sections } from "@paceline/web-kit";
import type { NavItem, Section } from "@paceline/web-kit";
import {
  Compass,
  FlaskConical,
  Megaphone,
  Settings,
  ShieldCheck,
  SquareKanban,
  Waypoints,
  Workflow,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";

import { features } from "./features.ts";

export const sectionIcons = {
  overview: Compass,
  initiatives: SquareKanban,
  experiments: FlaskConical,
  roadmap: Waypoints,
  delivery: Megaphone,
  workflows: Workflow,
  assurance: ShieldCheck,
  settings: Settings,
} as const satisfies Record<Section, LucideIcon>;

export type NavSection = {
  readonly section: Section;
  readonly main: NavItem;
  readonly others: readonly NavItem[];
};

const items = features.flatMap((feature) => feature.nav ?? []);

/** The sections that have screens, in the order of the product; nothing leads nowhere. */
export const navigation: readonly NavSection[] = sections.flatMap((section) => {
  const [main, ...others] = items.filter((item) => item.section === section);
  return main === undefined ? [] : [{ section, main, others }];
});

export const allNavItems: readonly NavItem[] = navigation.flatMap(({ main, others }) => [
  main,
  ...others,
]);

/** Where somebody lands who asks for nothing in particular. */
export const homeAddress: string = navigation[0]?.main.to ?? "/";

/** The item whose address is the longest beginning of the path. */
export function currentItem(path: string): NavItem | undefined {
  return allNavItems
    .filter(({ to }) => path === to || (to !== "/" && path.startsWith(`${to}/`)))
    .toSorted((one, other) => other.to.length - one.to.length)[0];
}
