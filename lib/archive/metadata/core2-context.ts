import { printable } from '../../base/printable.ts';
import { contentError } from '../../base/content-error.ts';
import type { XmlElement } from '../../base/xml/xml.ts';

/** What the readers of one store of Qubes 2 or 3 share. */
export interface Core2Context {
  readonly file: string;
  readonly warn: (warning: string) => void;
  /**
   * The name of the qube a number (`qid`) stands for: null for `none`, undefined where there is no
   * number, or, with a warning, no such qube.
   */
  readonly qubeByNumber: (
    untrustedNumber: string | undefined,
    what: string,
    attribute: string,
  ) => string | null | undefined;
}

/**
 * Numbers the qubes of a store, so that they can refer to each other in any order.
 * @throws DamagedError, stage `content`, when two share a number
 */
export function core2Context(
  elements: readonly XmlElement[],
  file: string,
  warn: (warning: string) => void,
): Core2Context {
  const names = new Map<string, string>([['0', 'dom0']]);
  for (const { attributes } of elements) {
    const qid = attributes.get('qid');
    const name = attributes.get('name');
    if (qid === undefined || name === undefined) continue;
    if (names.has(qid) && names.get(qid) !== name) {
      const others = `"${printable(names.get(qid) ?? '', 60)}" and "${printable(name, 60)}"`;
      throw contentError(file, `the qubes ${others} share the number ${printable(qid, 10)}`);
    }
    names.set(qid, name);
  }
  return {
    file,
    warn,
    qubeByNumber: (untrustedNumber, what, attribute) => {
      if (untrustedNumber === undefined) return undefined;
      if (untrustedNumber.toLowerCase() === 'none') return null;
      const name = names.get(untrustedNumber);
      if (name === undefined) warn(`${attribute} of ${what} is left out: there is no such qube`);
      return name;
    },
  };
}
