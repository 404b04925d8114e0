/** A value of the kinds that are printed here. */
export type Json = string | boolean | null | readonly string[] | { readonly [key: string]: Json };

/** A value as `json.dumps()` of Python prints it: spaces after commas and colons, only ASCII. */
export function pythonJson(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (isList(value)) return `[${value.map(quoted).join(', ')}]`;
  const members = Object.entries(value).map(([key, item]) => `${quoted(key)}: ${pythonJson(item)}`);
  return `{${members.join(', ')}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `Array.isArray` does not know lists that are readonly. */
function isList(value: Json): value is readonly string[] {
  return Array.isArray(value);
}
