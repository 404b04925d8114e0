/** What a literal of the old store can hold. */
export type PythonScalar = string | number | boolean | null;

const SCALAR = String.raw`u?(?:'(?<single>(?:[^'\\]|\\['"\\])*)'|"(?<double>(?:[^"\\]|\\['"\\])*)")|(?<number>-?\d{1,15})|(?<word>True|False|None)`;
const TOKEN = new RegExp(String.raw`\s*(?:${SCALAR}|(?<mark>[[\]{}:,]))`, 'y');
const END = /\s*$/y;

/** A reader of the few Python literals that old stores have in attributes. Nothing is evaluated. */
class Tokens {
  #at = 0;
  readonly #text: string;

  constructor(untrusted: string) {
    this.#text = untrusted;
  }

  /** Takes the mark if it comes next. */
  mark(wanted: string): boolean {
    const seat = this.#at;
    if (this.#next()?.['mark'] === wanted) return true;
    this.#at = seat;
    return false;
  }

  scalar(): PythonScalar {
    const { single, double, number, word } = this.#next() ?? {};
    const quoted = single ?? double;
    if (quoted !== undefined) return quoted.replace(/\\(.)/g, '$1');
    if (number !== undefined) return Number(number);
    if (word === undefined) throw new SyntaxError('no value where one should be');
    return word === 'None' ? null : word === 'True';
  }

  /** Takes items up to the closing mark, with commas between; one more may stand at the end. */
  each(closing: string, takeItem: () => void): void {
    while (!this.mark(closing)) {
      takeItem();
      if (this.mark(',')) continue;
      if (this.mark(closing)) return;
      throw new SyntaxError(`no "," or "${closing}" where one should be`);
    }
  }

  end(): void {
    END.lastIndex = this.#at;
    if (!END.test(this.#text)) throw new SyntaxError('something after the end');
  }

  #next(): Partial<Record<string, string>> | undefined {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match !== null) this.#at = TOKEN.lastIndex;
    return match?.groups;
  }
}

/**
 * Reads a Python list of scalars: `['02:00.0', '03:00.0']`.
 * @throws SyntaxError with a message that is safe to show
 */
export function parsePythonList(untrusted: string): readonly PythonScalar[] {
  const tokens = new Tokens(untrusted);
  if (!tokens.mark('[')) throw new SyntaxError('not a list');
  const list: PythonScalar[] = [];
  tokens.each(']', () => list.push(tokens.scalar()));
  tokens.end();
  return list;
}

/**
 * Reads a Python dictionary of scalars with texts as keys: `{'ntpd': False, 'cups': True}`.
 * @throws SyntaxError with a message that is safe to show
 */
export function parsePythonDict(untrusted: string): ReadonlyMap<string, PythonScalar> {
  const tokens = new Tokens(untrusted);
  const dict = new Map<string, PythonScalar>();
  if (!tokens.mark('{')) throw new SyntaxError('not a dictionary');
  tokens.each('}', () => {
    const key = tokens.scalar();
    if (typeof key !== 'string') throw new SyntaxError('a key that is no text');
    if (!tokens.mark(':')) throw new SyntaxError('no ":" after a key');
    dict.set(key, tokens.scalar());
  });
  tokens.end();
  return dict;
}
