import { createCipheriv, createDecipheriv, createHash, createHmac, scrypt } from 'node:crypto';
import { runProgram } from './run-program.ts';
import { writeFile } from 'node:fs/promises';

/**
 * The file format of the `scrypt` program, written from its description and on purpose without
 * looking at lib/: tests must not believe the code they test.
 */
export interface Kdf {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** As cheap as the `scrypt` program makes it: some milliseconds, 1 MiB. */
export const CHEAP_KDF: Kdf = { logN: 10, r: 8, p: 1 };

/** Bytes before and after the encrypted data. */
export const SCRYPT_HEADER = 96;
export const SCRYPT_MAC = 32;

/** Seals `plain`. The salt derives from the passphrase, so that the same input gives the same bytes. */
export async function seal(plain: Uint8Array, passphrase: string, kdf: Kdf): Promise<Uint8Array> {
  const salt = createHash('sha256').update(`salt of ${passphrase}`).digest();
  const parameters = Buffer.alloc(16, 'scrypt\0');
  parameters[6] = 0;
  parameters[7] = kdf.logN;
  parameters.writeUInt32BE(kdf.r, 8);
  parameters.writeUInt32BE(kdf.p, 12);
  const start = Buffer.concat([parameters, salt]);
  const keys = await derive(passphrase, salt, kdf);
  const checksum = createHash('sha256').update(start).digest().subarray(0, 16);
  const head = Buffer.concat([start, checksum]);
  const headMac = createHmac('sha256', keys.subarray(32)).update(head).digest();
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), Buffer.alloc(16));
  const sealed = Buffer.concat([head, headMac, cipher.update(plain), cipher.final()]);
  return Buffer.concat([sealed, createHmac('sha256', keys.subarray(32)).update(sealed).digest()]);
}

/** Opens what {@link seal} or the `scrypt` program made. */
export async function unseal(sealed: Uint8Array, passphrase: string): Promise<Uint8Array> {
  const view = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  const kdf = { logN: view.readUInt8(7), r: view.readUInt32BE(8), p: view.readUInt32BE(12) };
  const keys = await derive(passphrase, view.subarray(16, 48), kdf);
  const body = view.subarray(0, -SCRYPT_MAC);
  const mac = createHmac('sha256', keys.subarray(32)).update(body).digest();
  if (!mac.equals(view.subarray(-SCRYPT_MAC))) throw new Error('The MAC does not match');
  const decipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), Buffer.alloc(16));
  return Buffer.concat([decipher.update(body.subarray(SCRYPT_HEADER)), decipher.final()]);
}

/** Seals `plain` by the `scrypt` program itself. */
export async function sealWithProgram(
  plain: Uint8Array,
  passphrase: string,
  kdf: Kdf,
  folder: string,
): Promise<Uint8Array> {
  const secret = `${folder}/passphrase`;
  await writeFile(secret, passphrase);
  const parameters = ['--logN', `${kdf.logN}`, '-r', `${kdf.r}`, '-p', `${kdf.p}`];
  const { stdout } = await runProgram(
    'scrypt',
    ['enc', '-f', ...parameters, '--passphrase', `file:${secret}`, '-'],
    { input: plain, mustSucceed: true },
  );
  return stdout;
}

function derive(passphrase: string, salt: Uint8Array, { logN, r, p }: Kdf): Promise<Buffer> {
  const N = 2 ** logN;
  const maxmem = 128 * r * (N + p) + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 64, { N, r, p, maxmem }, (error, keys) => {
      if (error === null) resolve(keys);
      else reject(error);
    });
  });
}
