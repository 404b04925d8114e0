import { isUtf8 } from 'node:buffer';

import { MAX_REQUEST_BYTES } from '../../../admin/frames.ts';
import { UsageError } from '../../../base/errors.ts';
import type { RpcLine } from '../../../base/rpc-report.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';

/** `call`: any call, its answer as it came. */
export async function callRaw(
  { call: { method, argument }, destination, json }: RequestFor<'call'>,
  { client, screen, results, stdin, isTerminal }: RpcDoors,
): Promise<void> {
  const payload = stdin.isTTY ? new Uint8Array() : await readPayload(stdin);
  const untrustedReply = await client.calls.call(method, { destination, argument, payload });
  // A program gets the very bytes; everybody else something that is safe to show.
  if (!json && !isTerminal) {
    await results.write(untrustedReply);
    return;
  }
  const bytes = Buffer.from(untrustedReply);
  const content = isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') };
  const line: RpcLine = { type: 'reply', method, destination, ...content };
  if (json || bytes.length > 0) await screen.showText(line, bytes.toString());
}

async function readPayload(stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  let length = 0;
  for await (const block of stdin) {
    length += block.length;
    if (length > MAX_REQUEST_BYTES) {
      throw new UsageError(`A call carries at most ${MAX_REQUEST_BYTES} bytes`);
    }
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}
