/** Whether `If-None-Match` names a tag. A weak tag is the same answer, perhaps compressed otherwise. */
export function namesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((one) => {
    const named = one.trim();
    return named === "*" || named.replace(/^W\//, "") === tag;
  });
}
