import { printable } from '../base/printable.ts';
import { parseSubject, RuleError, type RuleSubject } from './parse-rule.ts';

/** A line that brings in other files. Paths are as they are written. */
export type Directive =
  | { readonly kind: 'include'; readonly path: string }
  | { readonly kind: 'include-dir'; readonly path: string }
  | { readonly kind: 'include-service'; readonly path: string; readonly subject: RuleSubject }
  | { readonly kind: 'compat' };

/**
 * The directive in the words of a line; the first one begins with `!`.
 * @param inIncluded whether it is in a file whose lines leave out what they are about
 * @throws RuleError
 */
export function parseDirective(
  [name = '', ...terms]: readonly string[],
  inIncluded: boolean,
): Directive {
  const [first, second, third, ...others] = terms;
  if (name === '!include' || (name === '!include-dir' && !inIncluded)) {
    if (first === undefined || second !== undefined) throw new RuleError(`${name} takes a path`);
    return { kind: name === '!include' ? 'include' : 'include-dir', path: first };
  }
  if (name === '!include-service' && !inIncluded) {
    if (!first || !second || !third || others.length > 0) {
      throw new RuleError(`${name} takes a service, an argument and a path`);
    }
    return { kind: 'include-service', path: third, subject: parseSubject(first, second) };
  }
  if (name === '!compat-4.0' && !inIncluded) {
    if (first !== undefined) throw new RuleError(`${name} takes nothing`);
    return { kind: 'compat' };
  }
  throw new RuleError(
    `there is no directive "${printable(name)}"${inIncluded ? ' in such a file' : ''}`,
  );
}
