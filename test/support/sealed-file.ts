import { CHEAP_KDF, seal, sealWithProgram, type Kdf } from './scrypt-container.ts';

/** What it takes to seal members so that a reader who has the passphrase believes them. */
export interface Seal {
  readonly passphrase: string;
  readonly backupId: string;
  readonly kdf?: (member: string) => Kdf;
  /** Seal by the `scrypt` program, using this folder. */
  readonly programFolder?: string;
}

/** Name and content of a member of the outer archive. */
export interface NamedBytes {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Seals the chunk called `name` (`vm1/root.img.000`): the result is called `name.enc`. */
export async function sealChunk(name: string, plain: Uint8Array, by: Seal): Promise<NamedBytes> {
  const data = await sealed(name, plain, `${by.backupId}!${name}!${by.passphrase}`, by);
  return { name: `${name}.enc`, data };
}

/** Seals the text of the header: `backup-header.hmac`. */
export async function sealHeader(text: Uint8Array, by: Seal): Promise<NamedBytes> {
  const data = await sealed('backup-header', text, `backup-header!${by.passphrase}`, by);
  return { name: 'backup-header.hmac', data };
}

/**
 * Cuts a compressed stream into chunks and seals them, as `file.000.enc`, `file.001.enc`… Like
 * Qubes, ends with the first chunk that is not full, which may have no bytes at all.
 */
export async function sealFile(
  file: string,
  stream: Uint8Array,
  chunkSize: number,
  by: Seal,
): Promise<NamedBytes[]> {
  const chunks: NamedBytes[] = [];
  for (let start = 0; start <= stream.length; start += chunkSize) {
    const number = `${chunks.length}`.padStart(3, '0');
    const plain = stream.subarray(start, start + chunkSize);
    chunks.push(await sealChunk(`${file}.${number}`, plain, by));
  }
  return chunks;
}

function sealed(member: string, plain: Uint8Array, secret: string, by: Seal): Promise<Uint8Array> {
  const kdf = by.kdf?.(member) ?? CHEAP_KDF;
  return by.programFolder === undefined
    ? seal(plain, secret, kdf)
    : sealWithProgram(plain, secret, kdf, by.programFolder);
}
