import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder } from './temporary-folder.ts';

/** A daemon that answers what the reference was recorded to answer, or what a test adds. */
export interface RecordedDaemon {
  /** Its socket. */
  readonly path: string;
  /** What came, header and payload, in order. */
  readonly requests: string[];
}

const RECORDED = new URL('../fixtures/admin/recorded-replies.jsonl', import.meta.url);

/**
 * Starts it.
 * @param replies added to the recorded ones: a request, header and payload, and what is answered;
 * null for a call that is never answered
 * @param piece bytes a reply is sent in at a time
 */
export async function startRecordedDaemon(
  t: ExecutionContext,
  replies: Readonly<Record<string, string | null>> = {},
  piece = Infinity,
): Promise<RecordedDaemon> {
  const known = new Map<string, string | null>([...(await recorded()), ...Object.entries(replies)]);
  const requests: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const blocks: Buffer[] = [];
    socket.on('error', () => undefined);
    socket.on('data', (block: Buffer) => blocks.push(block));
    socket.on('end', () => {
      const request = Buffer.concat(blocks).toString();
      requests.push(request);
      const method = request.split('+', 1)[0] ?? '';
      const unknown = `2\0ProtocolError\0\0no such method: '${method}'\0`;
      const answer = known.has(request) ? known.get(request) : unknown;
      if (typeof answer !== 'string') return;
      const reply = Buffer.from(answer);
      for (let at = 0; at < reply.length; at += piece) {
        socket.write(reply.subarray(at, Math.min(at + piece, reply.length)));
      }
      socket.end();
    });
  });
  const path = join(await temporaryFolder(t), 'qubesd.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => void server.close());
  return { path, requests };
}

async function recorded(): Promise<[string, string][]> {
  const lines = (await readFile(RECORDED, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const { request, response } = JSON.parse(line) as { request: string; response: string };
    return [request, response];
  });
}
