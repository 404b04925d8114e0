/** What Python's `repr()` and `str()` make of values: parts of messages and events clients read. */
export type PythonValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | { readonly name: string }
  | ReadonlyMap<string, string>;

const NAMED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A text between quotes as `repr()` writes it: double quotes only where single ones would need escapes. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    const named = NAMED[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
    return `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `${quote}${quote === "'" ? escaped.replaceAll("'", "\\'") : escaped}${quote}`;
}

/** A number as `str()` prints it where it is of the type `float`: `3.0`. */
export function pythonFloat(number: number): string {
  return Number.isInteger(number) ? `${number}.0` : String(number);
}

/** A value as `str()` prints it: `True`, `None`, the name of a qube, `{'read-only': 'yes'}`. */
export function pythonStr(value: PythonValue): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return String(value);
  if ('name' in value) return value.name;
  const pairs = [...value].map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`);
  return `{${pairs.join(', ')}}`;
}
