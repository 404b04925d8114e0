import type { ByteReader } from '../base/byte-reader.ts';
import { UsageError } from '../base/errors.ts';

const NEWLINE = 0x0a;

/**
 * One line of a request, as the shell's `read -r` takes it: up to the line break or the end of the
 * request, without spaces and tabs around it. Not a byte behind the line break is taken.
 * @param maxBytes longest line that is accepted
 * @throws UsageError when it is longer, or not UTF-8
 */
export async function readLine(request: ByteReader, maxBytes: number): Promise<string> {
  const bytes: number[] = [];
  for (;;) {
    const [byte] = (await request.some(1)) ?? [];
    if (byte === undefined || byte === NEWLINE) break;
    if (bytes.push(byte) > maxBytes) {
      throw new UsageError(`A line of the request is longer than ${maxBytes} bytes`);
    }
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return text.decode(Uint8Array.from(bytes)).replace(/^[ \t]+|[ \t]+$/g, '');
  } catch {
    throw new UsageError('A line of the request is not valid UTF-8');
  }
}
