import { once } from 'node:events';
import { link, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { CallError } from '../../lib/qrexec/call-error.ts';
import { collect } from '../support/bytes.ts';
import { answerOf, qrexecSystem } from '../support/qrexec-system.ts';

/** A service behind a socket, or behind a port where the path is none. */
async function listen(
  t: ExecutionContext,
  place: string | { port: number; host: string },
  serve: (socket: Socket) => void,
): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    t.teardown(() => void socket.destroy());
    serve(socket);
  });
  if (typeof place === 'string') await mkdir(dirname(place), { recursive: true });
  server.listen(place);
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Says all that it gets, with its end, once the caller has sent everything. */
const echo = (socket: Socket): void => {
  const heard: Buffer[] = [];
  socket.on('data', (block: Buffer) => heard.push(block));
  socket.once('end', () => socket.end(Buffer.concat(heard)));
};

const config = async (root: string, text: string): Promise<void> => {
  await mkdir(join(root, 'rpc-config'), { recursive: true });
  await writeFile(join(root, 'rpc-config', 'test.Socket'), text);
};

test('a socket in a qube gets the service and the caller in front of the payload', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  await listen(t, join(root, 'qubes-rpc', 'test.Socket'), echo);
  t.is(await answerOf(await call('test.Socket')), 'test.Socket+ dom0\0');
  const running = await call('test.Socket', 'arg');
  await running.stdin.write(Buffer.from('payload'));
  t.is(await answerOf(running), 'test.Socket+arg dom0\0payload');
  t.is(await running.finished, 0);
  t.is(running.untrustedStderr(), '');
});

test('a socket in dom0 is told the target too, and nothing where it does not want to be', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  await listen(t, join(root, 'qubes-rpc', 'test.Socket'), echo);
  t.is(await answerOf(await call('test.Socket', '', 'dom0')), 'test.Socket+ dom0 name dom0\0');
  t.is(
    await answerOf(await call('test.Socket', 'a', '@adminvm')),
    'test.Socket+a dom0 keyword adminvm\0',
  );
  await config(root, 'skip-service-descriptor=true\n');
  t.is(await answerOf(await call('test.Socket', '', 'dom0')), '');
});

test('a path longer than an address of a socket is reached', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  const deep = join(root, 'd'.repeat(100));
  await mkdir(deep);
  const short = join(root, 's');
  await symlink(deep, short);
  await listen(t, join(short, 'test.Socket'), echo);
  await rm(join(root, 'qubes-rpc'), { recursive: true });
  await symlink(deep, join(root, 'qubes-rpc'));
  t.is(await answerOf(await call('test.Socket')), 'test.Socket+ dom0\0');
});

test('nobody behind a socket is a problem', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  const path = join(root, 'qubes-rpc', 'test.Socket');
  const server = createServer().listen(path);
  await once(server, 'listening');
  // Its file would go with it: it is found by another name.
  await link(path, `${path}2`);
  server.close();
  await once(server, 'close');
  const { status } = await t.throwsAsync(call('test.Socket2'), { instanceOf: CallError });
  t.is(status, 125);
});

test('a service that has said everything is still heard out', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  let heard: Promise<Buffer> | undefined;
  await listen(t, join(root, 'qubes-rpc', 'test.Socket'), (socket) => {
    const blocks: Buffer[] = [];
    socket.on('data', (block: Buffer) => blocks.push(block));
    heard = once(socket, 'end').then(() => Buffer.concat(blocks));
    socket.end('all there is');
  });
  const running = await call('test.Socket');
  t.is((await collect(running.stdout)).toString(), 'all there is');
  await running.stdin.write(Buffer.from('and you?'));
  await running.stdin.end();
  t.is(await running.finished, 0);
  t.is((await heard)?.toString(), 'test.Socket+ dom0\0and you?');
});

test('a service that closes altogether ends the call', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  await listen(t, join(root, 'qubes-rpc', 'test.Socket'), (socket) => {
    // With something unread the system would drop what was said, too.
    socket.once('data', () => socket.end('bye', () => socket.destroy()));
  });
  const running = await call('test.Socket');
  t.is((await collect(running.stdout)).toString(), 'bye');
  t.is(await running.finished, 0);
});

test('exit-on-service-eof ends it with what the service has said', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  await config(root, 'exit-on-service-eof=true\n');
  await listen(t, join(root, 'qubes-rpc', 'test.Socket'), (socket) => {
    socket.resume();
    socket.end('bye');
  });
  const running = await call('test.Socket');
  t.is((await collect(running.stdout)).toString(), 'bye');
  t.is(await running.finished, 0);
});

test('exit-on-client-eof ends it with what the caller has sent', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  await config(root, 'exit-on-client-eof=true\n');
  const closed = new Promise<void>((resolve) => {
    void listen(t, join(root, 'qubes-rpc', 'test.Socket'), (socket) => {
      socket.resume().once('close', () => resolve());
      socket.once('end', () => socket.destroy());
    });
  });
  const running = await call('test.Socket');
  await running.stdin.end();
  t.is((await collect(running.stdout)).length, 0);
  t.is(await running.finished, 0);
  await t.notThrowsAsync(closed);
});

test('killing a call closes the connection', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  const closed = new Promise<void>((resolve) => {
    void listen(t, join(root, 'qubes-rpc', 'test.Socket'), (socket) => {
      socket.resume().once('end', () => resolve());
    });
  });
  const running = await call('test.Socket');
  running.kill();
  t.is(await running.finished, 0);
  await t.notThrowsAsync(closed);
});

test('a port is a service by a link into /dev/tcp', async (t) => {
  const { root, call } = await qrexecSystem(t, {});
  const place = { host: '127.0.0.1', port: 0 };
  const port = await listen(t, place, echo);
  await symlink('/dev/tcp/127.0.0.1', join(root, 'qubes-rpc', 'test.Socket'));
  await config(root, 'skip-service-descriptor=true\n');
  const running = await call('test.Socket', String(port));
  await running.stdin.write(Buffer.from('over'));
  t.is(await answerOf(running), 'over');
});
