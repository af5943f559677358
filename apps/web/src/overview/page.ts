import { choiceField, definePage } from "@paceline/web-kit";

export const overviewPage = definePage("/", { whose: choiceField("all", "mine") });
