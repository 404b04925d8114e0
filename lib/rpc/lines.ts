/** A list as clients read it: each item ends with a line break. */
export function lines(items: Iterable<string>): string {
  let text = '';
  for (const item of items) text += `${item}\n`;
  return text;
}
