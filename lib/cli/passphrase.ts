import { UsageError } from '../base/errors.ts';

/** Bytes of a passphrase; far above what anybody has, far below what would hurt. */
export const MAX_PASSPHRASE = 64 * 1024;

const NEWLINE = 0x0a;

/**
 * The first line of a passphrase file, without its line end (`\n` or `\r\n`).
 * @param name the file, for messages
 * @returns the passphrases to try: as it stands, then, if that differs, without the white space at
 *   its end (editors and `echo` leave some behind, but it may be meant)
 * @throws UsageError when the line is empty, longer than 64 KiB, or not UTF-8
 */
export async function readPassphrases(
  source: AsyncIterable<Uint8Array>,
  name: string,
): Promise<readonly string[]> {
  const line = await firstLine(source, name);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    throw new UsageError(`Cannot use the passphrase in ${name}: it is not UTF-8 text`);
  }
  const asItStands = text.endsWith('\r') ? text.slice(0, -1) : text;
  if (asItStands === '') {
    throw new UsageError(`Cannot use the passphrase in ${name}: its first line is empty`);
  }
  const stripped = asItStands.trimEnd();
  return stripped === asItStands || stripped === '' ? [asItStands] : [asItStands, stripped];
}

async function firstLine(source: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  let length = 0;
  for await (const block of source) {
    const end = block.indexOf(NEWLINE);
    const used = end === -1 ? block : block.subarray(0, end);
    blocks.push(used);
    length += used.length;
    if (length > MAX_PASSPHRASE) {
      throw new UsageError(`Cannot use the passphrase in ${name}: it is longer than 64 KiB`);
    }
    if (end !== -1) break;
  }
  return Buffer.concat(blocks);
}
