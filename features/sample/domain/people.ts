/** An invented member. The top-level domain is reserved for what does not exist (RFC 2606). */
export interface SamplePerson {
  readonly key: string;
  readonly name: string;
  readonly email: string;
  readonly role: "engineer" | "marketer" | "analyst" | "legal";
}

/** No mail can reach these addresses, and they have no password. */
export const SAMPLE_MAIL_DOMAIN = "sample.invalid";

export const PEOPLE: readonly SamplePerson[] = [
  {
    key: "mara",
    name: "Mara Lindqvist",
    email: `mara.lindqvist@${SAMPLE_MAIL_DOMAIN}`,
    role: "marketer",
  },
  {
    key: "tomasz",
    name: "Tomasz Wrona",
    email: `tomasz.wrona@${SAMPLE_MAIL_DOMAIN}`,
    role: "engineer",
  },
  {
    key: "priya",
    name: "Priya Raman",
    email: `priya.raman@${SAMPLE_MAIL_DOMAIN}`,
    role: "analyst",
  },
  { key: "dana", name: "Dana Okafor", email: `dana.okafor@${SAMPLE_MAIL_DOMAIN}`, role: "legal" },
];
