/** What qmemman can be asked for. */
export type QmemmanRequest =
  /** That so many bytes are free, as long as the client is there. */
  | { readonly kind: 'free'; readonly bytes: number }
  /** That domains, by their numbers, have no more than so many bytes; 0 for what they need. */
  | { readonly kind: 'shrink'; readonly amounts: ReadonlyMap<number, number> }
  | { readonly kind: 'unknown' };

/**
 * What the line of a client asks for: `419430400`, or `7:0 12:3221225472`.
 * @returns undefined for what qmemman leaves without an answer
 */
export function parseRequest(untrustedLine: string): QmemmanRequest | undefined {
  if (!/^[\0-\x7f]*$/.test(untrustedLine)) return undefined;
  const untrusted = untrustedLine.trim();
  if (untrusted === '') return undefined;
  if (/^[0-9]+$/.test(untrusted)) return { kind: 'free', bytes: Number(untrusted) };
  const words = untrusted.split(/\s+/);
  if (words[0]?.includes(':') !== true) return { kind: 'unknown' };
  const amounts = new Map<number, number>();
  for (const word of words) {
    const [, xid, bytes] = /^([0-9]+):([0-9]+)$/.exec(word) ?? [];
    if (xid === undefined) return undefined;
    amounts.set(Number(xid), Number(bytes));
  }
  return { kind: 'shrink', amounts };
}
