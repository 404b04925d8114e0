/**
 * A boolean as Qubes reads it from its store, in any case.
 * @returns undefined for anything else
 */
export function parseBoolean(untrusted: string): boolean | undefined {
  if (/^(?:1|yes|true|on)$/i.test(untrusted)) return true;
  if (/^(?:0|no|false|off)$/i.test(untrusted)) return false;
  return undefined;
}

/** A number of bytes; NaN, which no schema accepts, for any other text. */
export function parseBytes(untrusted: string): number {
  return /^\d{1,16}$/.test(untrusted) ? Number(untrusted) : NaN;
}
