import test from 'ava';
import type { ExecutionContext } from 'ava';

import { PermissionDenied, QubesVMNotFoundError } from '../../lib/base/admin-error.ts';
import { createLog } from '../../lib/base/log.ts';
import type { AdminCall } from '../../lib/rpc/admin-call.ts';
import type { AdminService } from '../../lib/rpc/admin-service.ts';
import { Dispatcher } from '../../lib/rpc/dispatch.ts';
import { SampleSystem } from '../support/sample-system.ts';
import { testService } from '../support/served-socket.ts';
import { permitOwnOnly } from '../support/permit-own-only.ts';

const NOBODY_UUID = '11111111-2222-3333-4444-555555555555';

async function open(t: ExecutionContext, services: readonly AdminService[]) {
  const system = await SampleSystem.open(t);
  const logged: string[] = [];
  const sent: string[] = [];
  const log = createLog((line) => void logged.push(line));
  const dispatcher = new Dispatcher({ app: system.app, permitted: permitOwnOnly, log }, services);
  const ask = async (request: string): Promise<string | undefined> => {
    const { signal } = new AbortController();
    const send = (frame: Buffer): void => void sent.push(frame.toString());
    const answer = await dispatcher.answer(Buffer.from(request, 'latin1'), { signal, send });
    return answer?.toString();
  };
  return { system, logged, sent, ask };
}

const ok = (text?: string): AdminService['handle'] => {
  return () => text;
};

test('a call gets what its service answers, at once or later', async (t) => {
  const { ask } = await open(t, [
    testService('now', ok('here')),
    testService('later', async () => 'there'),
    testService('nothing', ok()),
    testService('bytes', () => Uint8Array.of(0x61, 0x00, 0x62)),
  ]);
  t.is(await ask('now dom0 name work\0'), '0\0here');
  t.is(await ask('later dom0 name work\0'), '0\0there');
  t.is(await ask('nothing dom0 name work\0'), '0\0');
  t.is(await ask('bytes dom0 name work\0'), '0\0a\0b');
});

test('a service sees who calls what with what', async (t) => {
  const show = ({ method, argument, source, destination, untrustedPayload }: AdminCall): string =>
    [method, argument, source.name, destination.name, Buffer.from(untrustedPayload)].join(' ');
  const { ask, system } = await open(t, [testService('show', show)]);
  const uuid = system.qube('work').uuid;
  t.is(await ask('show+a+b dom0 name work\0x y'), '0\0show a+b dom0 work x y');
  t.is(await ask(`show work name uuid:${uuid}\0`), '0\0show  work work ');
  t.is(await ask(`show uuid:${uuid} name dom0\0`), '0\0show  work dom0 ');
  t.is(await ask('show work keyword adminvm\0'), '0\0show  work dom0 ');
});

test('the first complaint is that of the reference', async (t) => {
  const strict = { argument: 'required', payload: 'required', destination: 'dom0' } as const;
  const bare = { argument: 'none', payload: 'none', destination: 'qube' } as const;
  const { ask, logged } = await open(t, [
    testService('strict', ok(), strict),
    testService('bare', ok(), bare),
  ]);
  const error = (wireName: string, message: string): string => `2\0${wireName}\0\0${message}\0`;
  for (const [request, reply] of [
    // Source, destination, method, payload, argument, class of the destination: in this order.
    ['nope no+such name nosuch\0', error('QubesValueError', 'VM name contains illegal characters')],
    ['nope nosuch name -x\0', error('QubesVMNotFoundError', "No such domain: 'nosuch'")],
    ['nope dom0 name nosuch\0', error('QubesVMNotFoundError', "No such domain: 'nosuch'")],
    ['nope+a dom0 name work\0', error('ProtocolError', "no such method: 'nope'")],
    ['strict dom0 name work\0', error('ProtocolError', 'expected payload')],
    ['strict dom0 name work\0x', error('ProtocolError', 'expected an argument')],
    ['strict+a dom0 name work\0x', error('ProtocolError', 'expected destination to be AdminVM')],
    ['strict+a dom0 name dom0\0x', '0\0'],
    ['bare+a dom0 name dom0\0x', error('ProtocolError', 'unexpected payload')],
    ['bare+a dom0 name dom0\0', error('ProtocolError', 'unexpected argument')],
    ['bare dom0 name dom0\0', error('ProtocolError', 'expected destination to not be AdminVM')],
    ['bare dom0 name work\0', '0\0'],
    ['bare+ dom0 name work\0', '0\0'],
    ['bare dom0 name work more\0', error('QubesValueError', 'VM name contains illegal characters')],
    [
      `bare dom0 name ${'x'.repeat(32)}\0`,
      error('QubesValueError', 'VM name must be shorter than 32 characters'),
    ],
    [
      `bare dom0 name uuid:${NOBODY_UUID}\0`,
      error('QubesVMNotFoundError', `No such domain: 'uuid:${NOBODY_UUID}'`),
    ],
    [
      'bare dom0 name uuid:1234\0',
      error('QubesVMInvalidUUIDError', "VM UUID is not valid: '1234'"),
    ],
    [
      'bare dom0 name uuid:D68F8C99-88F0-4D85-83AE-4E2E01A2F7A9\0',
      error(
        'QubesVMInvalidUUIDError',
        "VM UUID is not valid: 'D68F8C99-88F0-4D85-83AE-4E2E01A2F7A9'",
      ),
    ],
    ['garbage', error('ProtocolError', 'framing error: no end of the header')],
  ] as const) {
    t.is(await ask(request), reply, request);
  }
  t.deepEqual(logged, [], 'what a caller does wrong fills no log');
});

test('an error of the model reaches the caller, thrown at once or later', async (t) => {
  const { ask, logged } = await open(t, [
    testService('now', () => {
      throw new PermissionDenied('not you');
    }),
    testService('later', async () => {
      throw QubesVMNotFoundError.of('x');
    }),
  ]);
  t.is(await ask('now dom0 name work\0'), '2\0PermissionDenied\0\0not you\0');
  t.is(await ask('later dom0 name work\0'), "2\0QubesVMNotFoundError\0\0No such domain: 'x'\0");
  t.deepEqual(logged, []);
});

test('a fault in a service is logged with its stack, and told to nobody', async (t) => {
  const { ask, logged } = await open(t, [
    testService('now', () => {
      throw new TypeError('secret');
    }),
    testService('later', async () => {
      throw new TypeError('secret');
    }),
  ]);
  for (const method of ['now', 'later']) {
    t.is(await ask(`${method}+arg work name vault\0`), undefined);
    const line = logged.at(-1) ?? '';
    t.true(line.includes(`Internal error in ${method}+arg (work to vault)`), line);
    t.regex(line, /TypeError: secret\n.* at .*dispatch\.test/s);
  }
});

test('a call that sends events answers nothing after them but an error', async (t) => {
  const { ask, sent } = await open(t, [
    testService('events', async (call) => {
      call.sendEvent('work', 'one', { a: 1 });
      call.sendEvent('', 'two', {});
      return undefined;
    }),
    testService('fails', async (call) => {
      call.sendEvent('', 'one', {});
      throw new PermissionDenied('enough');
    }),
  ]);
  t.is(await ask('events dom0 name dom0\0'), undefined);
  t.deepEqual(sent.splice(0), ['1\0work\0one\0a\x001\0\0', '1\0\0two\0\0']);
  t.is(await ask('fails dom0 name dom0\0'), '2\0PermissionDenied\0\0enough\0');
  t.deepEqual(sent, ['1\0\0one\0\0']);
});
