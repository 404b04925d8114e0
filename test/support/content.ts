import { createCipheriv, createHash } from 'node:crypto';

const WORDS = (
  'archive backup chunk disk domain error file firewall header image kernel label menu network ' +
  'notes passphrase policy private property qube root service stream tag template tunnel volume'
).split(' ');
const TEXT_POOL = 1024 * 1024;
const BLOCK = 4096;

/** `length` bytes that no compressor makes smaller; the same for the same seed, always. */
export function randomBytes(seed: string, length: number): Uint8Array {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return cipher.update(new Uint8Array(length));
}

/** `length` bytes of words in lines, which gzip takes to about a third. */
export function textBytes(seed: string, length: number): Uint8Array {
  const text: string[] = [];
  let size = 0;
  for (const byte of randomBytes(`${seed} words`, Math.ceil(length / 2) + 1)) {
    if (size >= length) break;
    const word = `${WORDS[byte % WORDS.length] ?? ''}${byte % 11 === 0 ? '\n' : ' '}`;
    text.push(word);
    size += word.length;
  }
  return Buffer.from(text.join('')).subarray(0, length);
}

/**
 * Blocks of 4 KiB, of which `randomShare` (0 to 1) are random and the others text: how far a
 * compressor gets with it can be chosen. Endless; cut it where you like.
 */
export function* mixedBlocks(seed: string, randomShare: number): Generator<Uint8Array, never> {
  const text = textBytes(seed, TEXT_POOL);
  for (let turn = 0; ; turn++) {
    const random = randomBytes(`${seed} ${turn}`, TEXT_POOL);
    for (let at = 0, due = 0; at + BLOCK <= TEXT_POOL; at += BLOCK) {
      due += randomShare;
      const pool = due >= 1 ? random : text;
      if (due >= 1) due -= 1;
      yield pool.subarray(at, at + BLOCK);
    }
  }
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}
