import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

/** A disk image: zeros of the given size, with data at some places, in ascending order. */
export interface Image {
  readonly size: number;
  readonly extents: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

/** Beyond this an image is taken to be mostly holes, and nobody wants to hash those. */
const DIGEST_LIMIT = 1024 ** 3;
const ZEROS = new Uint8Array(1024 * 1024);

/** Writes the image as a file with holes. */
export async function writeImage(path: string, image: Image): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.truncate(image.size);
    for (const { offset, bytes } of image.extents) {
      await file.write(bytes, 0, bytes.length, offset);
    }
  } finally {
    await file.close();
  }
}

/** SHA-256 over the expanded content; undefined for an image larger than 1 GiB. */
export function imageDigest(image: Image): string | undefined {
  if (image.size > DIGEST_LIMIT) return undefined;
  const hash = createHash('sha256');
  let position = 0;
  const zerosUpTo = (end: number) => {
    for (; position < end; position += Math.min(ZEROS.length, end - position)) {
      hash.update(ZEROS.subarray(0, end - position));
    }
  };
  for (const { offset, bytes } of image.extents) {
    zerosUpTo(offset);
    hash.update(bytes);
    position = offset + bytes.length;
  }
  zerosUpTo(image.size);
  return hash.digest('hex');
}

/** SHA-256 of a file's content. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const block of createReadStream(path, { highWaterMark: ZEROS.length })) {
    hash.update(block as Uint8Array);
  }
  return hash.digest('hex');
}
