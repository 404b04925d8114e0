/** A word of a policy line, or of a call, that stands for qubes. */
export type Token =
  /** `*`: everything, dom0 too. */
  | { readonly kind: 'any' }
  /** `@anyvm`: everything but dom0. */
  | { readonly kind: 'anyvm' }
  | { readonly kind: 'adminvm' }
  /** `@default`: the caller named no target, or one that does not exist. */
  | { readonly kind: 'default' }
  /** `@dispvm`: a new disposable, of the caller's own disposable template. */
  | { readonly kind: 'dispvm' }
  /** `@dispvm:NAME`: a new disposable of that template. */
  | { readonly kind: 'dispvm-of'; readonly value: string }
  | { readonly kind: 'dispvm-tag'; readonly value: string }
  | { readonly kind: 'tag'; readonly value: string }
  | { readonly kind: 'type'; readonly value: string }
  /** A name, or `uuid:…`; such a qube need not exist. */
  | { readonly kind: 'name'; readonly value: string };

/**
 * Where a token stands, which decides what it can be: the third or fourth word of a line, behind
 * `target=` and `default_target=`, or in a call.
 */
export type TokenPlace = 'source' | 'target' | 'redirect' | 'call';

const EXACT: Readonly<Record<string, Token>> = {
  '*': { kind: 'any' },
  '@adminvm': { kind: 'adminvm' },
  '@anyvm': { kind: 'anyvm' },
  '@default': { kind: 'default' },
  '@dispvm': { kind: 'dispvm' },
};

/** The longest first. */
const PREFIXED = [
  ['@dispvm:@tag:', 'dispvm-tag'],
  ['@dispvm:', 'dispvm-of'],
  ['@type:', 'type'],
  ['@tag:', 'tag'],
] as const;

const PLACES: Readonly<Record<Token['kind'], readonly TokenPlace[]>> = {
  any: ['source', 'target'],
  anyvm: ['source', 'target'],
  adminvm: ['source', 'target', 'redirect', 'call'],
  default: ['target', 'call'],
  dispvm: ['target', 'redirect', 'call'],
  'dispvm-of': ['source', 'target', 'redirect', 'call'],
  'dispvm-tag': ['source', 'target'],
  tag: ['source', 'target'],
  type: ['source', 'target'],
  name: ['source', 'target', 'redirect', 'call'],
};

/** @returns undefined for what cannot stand there */
export function parseToken(text: string, place: TokenPlace): Token | undefined {
  const token = readToken(text);
  return token !== undefined && PLACES[token.kind].includes(place) ? token : undefined;
}

function readToken(text: string): Token | undefined {
  if (text === '') return undefined;
  if (!text.startsWith('@') && text !== '*') return { kind: 'name', value: text };
  if (Object.hasOwn(EXACT, text)) return EXACT[text];
  for (const [prefix, kind] of PREFIXED) {
    if (!text.startsWith(prefix)) continue;
    const value = text.slice(prefix.length);
    return value === '' || value.startsWith('@') ? undefined : { kind, value };
  }
  return undefined;
}

/** A token as it is written. */
export function tokenText(token: Token): string {
  if (token.kind === 'name') return token.value;
  const prefix = PREFIXED.find(([, kind]) => kind === token.kind)?.[0];
  if (prefix !== undefined && 'value' in token) return `${prefix}${token.value}`;
  return token.kind === 'any' ? '*' : `@${token.kind}`;
}

/** Whether a word means dom0, in any of the ways to name it. */
export function isDom0(text: string): boolean {
  return (
    text === 'dom0' || text === '@adminvm' || text === 'uuid:00000000-0000-0000-0000-000000000000'
  );
}
