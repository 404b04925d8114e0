import * as z from 'zod';
import { NotReadableError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import { knownFilter } from '../compression/compression-filters.ts';
import { legacyCipher, legacyDigest } from './legacy-algorithms.ts';

/** Real headers have some 120 bytes; the reference refuses HMAC files above the same size. */
const MAX_HEADER_SIZE = 4096;

/** Keys in the order the reference writes them, and the field each one fills. */
const KEYS = [
  ['version', 'version'],
  ['encrypted', 'encrypted'],
  ['compressed', 'compressed'],
  ['compression-filter', 'compressionFilter'],
  ['crypto-algorithm', 'cryptoAlgorithm'],
  ['hmac-algorithm', 'hmacAlgorithm'],
  ['backup-id', 'backupId'],
] as const;
type Key = (typeof KEYS)[number][0];

const token = z.string().regex(/^[A-Za-z0-9-]*$/, 'has characters that do not belong there');
const id = token.regex(/^[^-]/, 'is empty or begins with "-"');

const headerSchema = z
  .strictObject({
    /** Format: 2 (R2), 3 (R3) or 4 (R4). */
    version: z.literal([2, 3, 4], 'is not supported (formats 2 to 4 are)'),
    encrypted: z.boolean('is missing'),
    compressed: z.boolean('is missing'),
    /** A program's name; on the list of `compression-filters.ts`, unless the person forced it. */
    compressionFilter: id.exactOptional(),
    /** Formats 2 and 3: the cipher, see `legacy-algorithms.ts`. */
    cryptoAlgorithm: token
      .refine((name) => legacyCipher(name) !== undefined, 'is not supported')
      .exactOptional(),
    /** `scrypt` in format 4, else the digest, see `legacy-algorithms.ts`. */
    hmacAlgorithm: token,
    /** Part of every passphrase of format 4. */
    backupId: id.exactOptional(),
  })
  .readonly()
  .superRefine((header, context) => {
    const refuse = (key: Key, message: string): void =>
      context.addIssue({ code: 'custom', path: [fieldOf(key)], message });
    const { version } = header;
    const knownMac =
      version === 4
        ? header.hmacAlgorithm === 'scrypt'
        : legacyDigest(header.hmacAlgorithm) !== undefined;
    if (!knownMac) refuse('hmac-algorithm', `is not one of format ${version}`);
    if (version < 4 && header.encrypted && header.cryptoAlgorithm === undefined) {
      refuse('crypto-algorithm', 'is missing');
    }
    if (version > 2 && header.compressed && header.compressionFilter === undefined) {
      refuse('compression-filter', 'is missing');
    }
    if (version === 4 && header.backupId === undefined) refuse('backup-id', 'is missing');
  });

/** What the file `backup-header` says: the first member of an archive. */
export type BackupHeader = z.infer<typeof headerSchema>;

/**
 * Reads a `backup-header`: lines `key=value`, ASCII. Unknown keys are ignored, known ones may stand
 * there once. A header without a version is one of format 2. Nothing it says is authentic before
 * its MAC has been checked.
 * @param forced values the person gives: they win, and what the file says for them is not looked at
 * @throws NotReadableError
 */
export function loadHeader(
  untrusted: Uint8Array,
  forced: Partial<BackupHeader> = {},
): BackupHeader {
  if (untrusted.length > MAX_HEADER_SIZE) {
    fail(`it has ${untrusted.length} bytes, more than ${MAX_HEADER_SIZE}`);
  }
  const untrustedText = Buffer.from(untrusted).toString('latin1');
  if (!/^[\t\r\n\x20-\x7e]*$/.test(untrustedText))
    fail('it has characters that are not ASCII text');

  const fields: Record<string, unknown> = { version: 2 };
  const seen = new Set<Key>();
  for (const untrustedLine of untrustedText.replace(/(?:\r\n|\n|\r)$/, '').split(/\r\n|\n|\r/)) {
    const [untrustedKey, untrustedValue, ...rest] = untrustedLine.trim().split('=');
    if (untrustedKey === undefined || untrustedValue === undefined || rest.length > 0) {
      fail(`the line "${printable(untrustedLine, 60)}" is not of the form key=value`);
    }
    if (!/^[A-Za-z0-9-]*$/.test(untrustedKey)) fail(`bad key "${printable(untrustedKey, 60)}"`);
    const key = KEYS.find(([known]) => known === untrustedKey)?.[0];
    if (key === undefined) continue;
    if (seen.has(key)) fail(`"${key}" stands there twice`);
    seen.add(key);
    fields[fieldOf(key)] = valueOf(key, untrustedValue);
  }

  const header = validateHeader({ ...fields, ...forced });
  const { compressionFilter } = header;
  if (
    compressionFilter !== undefined &&
    compressionFilter !== forced.compressionFilter &&
    knownFilter(compressionFilter) === undefined
  ) {
    const name = printable(compressionFilter, 60);
    throw new NotReadableError(
      `Cannot read the backup header: "${name}" is not a known compression filter`,
      { hint: `If you trust the backup, use --compression-filter=${name}` },
    );
  }
  return header;
}

/**
 * Accepts a header put together from parts: for an archive older than headers, or to be written.
 * @throws NotReadableError when its version does not know a value, or needs one that is missing
 */
export function validateHeader(candidate: unknown): BackupHeader {
  const result = headerSchema.safeParse(candidate);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path[0];
  const key = KEYS.find(([, name]) => name === field)?.[0];
  return fail(`${key === undefined ? '' : `"${key}" `}${issue?.message ?? 'it is not valid'}`);
}

/** The header as the reference writes it, byte for byte. */
export function saveHeader(header: BackupHeader): Uint8Array {
  const lines = KEYS.flatMap(([key, field]) => {
    const value = header[field];
    if (value === undefined) return [];
    return [`${key}=${typeof value === 'boolean' ? (value ? 'True' : 'False') : value}\n`];
  });
  return new TextEncoder().encode(lines.join(''));
}

function valueOf(key: Key, untrustedValue: string): unknown {
  switch (key) {
    case 'version':
      return /^\d{1,4}$/.test(untrustedValue) ? Number(untrustedValue) : undefined;
    case 'encrypted':
    case 'compressed':
      return /^(1|true|yes)$/i.test(untrustedValue);
    default:
      return untrustedValue;
  }
}

function fieldOf(key: Key): string {
  return KEYS.find(([known]) => known === key)?.[1] ?? key;
}

function fail(reason: string): never {
  throw new NotReadableError(`Cannot read the backup header: ${reason}`);
}
