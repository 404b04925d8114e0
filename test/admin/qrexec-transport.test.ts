// From inside a qube: a stand-in for qrexec-client-vm carries the calls to a recorded daemon.
import { chmod, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import { QrexecTransport } from '../../lib/admin/qrexec-transport.ts';
import {
  PermissionDenied,
  ProtocolError,
  QubesNoSuchPropertyError,
} from '../../lib/base/admin-error.ts';
import { CancelledError, NeedsError, UsageError } from '../../lib/base/errors.ts';
import { startRecordedDaemon } from '../support/recorded-daemon.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PATH = process.env['PATH'] ?? '';

/** Puts a qrexec-client-vm on the PATH whose body is `script`; tests that do so are serial. */
async function withProgram(t: ExecutionContext, script: string, signal?: AbortSignal) {
  const folder = await temporaryFolder(t);
  const program = join(folder, 'qrexec-client-vm');
  await writeFile(program, `#!${process.execPath}\n${script}`);
  await chmod(program, 0o755);
  process.env['PATH'] = `${folder}${delimiter}${PATH}`;
  t.teardown(() => void (process.env['PATH'] = PATH));
  return new AdminClient(new AdminCalls(new QrexecTransport(), signal));
}

const carryTo = (path: string): string => `
  const [, , target, service] = process.argv;
  const full = service.includes('+') ? service : service + '+';
  const socket = require('node:net').connect({ path: ${JSON.stringify(path)}, allowHalfOpen: true });
  socket.write(full + ' dom0 name ' + target + '\\0');
  process.stdin.pipe(socket).pipe(process.stdout);
`;

test.serial('calls, payloads, replies and errors go through', async (t) => {
  const { path, requests } = await startRecordedDaemon(t);
  const client = await withProgram(t, carryTo(path));
  t.is((await client.list()).length, 12);
  const { properties } = client.qube('work');
  t.is((await properties.get('netvm')).value, 'sys-firewall');
  await properties.set('kernelopts', 'a\nb\\c');
  t.is(requests.at(-1), 'admin.vm.property.Set+kernelopts dom0 name work\0a\nb\\c');
  await t.throwsAsync(properties.get('nosuch'), { instanceOf: QubesNoSuchPropertyError });
});

test.serial(
  'a call that policy refuses is denied; a service that is not there unknown',
  async (t) => {
    const refused = await withProgram(t, "console.error('Request refused'); process.exit(126)");
    await t.throwsAsync(refused.list(), {
      instanceOf: PermissionDenied,
      message: 'Request refused: admin.vm.List on dom0',
    });
    const unknown = await withProgram(t, 'process.exit(127)');
    await t.throwsAsync(unknown.list(), { instanceOf: ProtocolError, message: /no such method/ });
  },
);

test.serial('any other end tells what the program said, harmless to show', async (t) => {
  const client = await withProgram(t, "console.error('\\x1b[31mno vchan'); process.exit(1)");
  await t.throwsAsync(client.list(), {
    instanceOf: NeedsError,
    message: /ended with 1: _\[31mno vchan$/,
  });
});

test.serial('a payload that the service does not read does no harm', async (t) => {
  const client = await withProgram(t, "require('node:fs').writeSync(1, '0\\0'); process.exit(0)");
  await t.notThrowsAsync(client.qube('work').setNotes('x'.repeat(60_000)));
});

test.serial('a call that hangs is ended when it is cancelled', async (t) => {
  const controller = new AbortController();
  const client = await withProgram(t, 'setInterval(() => 0, 1000)', controller.signal);
  setTimeout(() => controller.abort(new CancelledError('Enough')), 100);
  await t.throwsAsync(client.list(), { instanceOf: CancelledError, message: 'Enough' });
});

test.serial('what qrexec would change on the way is refused', async (t) => {
  const client = await withProgram(t, 'process.exit(9)');
  await t.throwsAsync(client.qube('work').features.get('a:b'), { instanceOf: UsageError });
  await t.throwsAsync(client.qube('--help').tags.list(), { instanceOf: UsageError });
});

test.serial('outside of a qube it is told what is missing', async (t) => {
  process.env['PATH'] = await temporaryFolder(t);
  t.teardown(() => void (process.env['PATH'] = PATH));
  const client = new AdminClient(new AdminCalls(new QrexecTransport()));
  await t.throwsAsync(client.list(), { instanceOf: NeedsError, message: /no qrexec-client-vm/ });
});
