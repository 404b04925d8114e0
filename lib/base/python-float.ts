const DIGITS = '[0-9]+(?:_[0-9]+)*';
const FLOAT = new RegExp(
  `^[ \\t-\\r]*([+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?)[ \\t-\\r]*$`,
);

/**
 * A number in all the forms that clients may use because Python's `float()` takes them: ` 1.5 `,
 * `+.5`, `1_0e2`.
 * @returns undefined for other texts, and for what is no finite number: `nan`, `inf`, `1e999`
 */
export function readPythonFloat(untrusted: string): number | undefined {
  const [, digits] = FLOAT.exec(untrusted) ?? [];
  const value = Number(digits?.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}
