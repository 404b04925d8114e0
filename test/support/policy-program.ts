// Answers the daemon of Qubes' qrexec by our policy: `policy-program -- SOURCE TARGET SERVICE+ARGUMENT`,
// with the folder of an embedded system in QUBES_RPC_ROOT. Its qubes run already.
import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import { SocketTransport } from '../../lib/admin/socket-transport.ts';
import { connectOrStart, socketOf } from '../../lib/admin/start-host.ts';
import { judgeCall } from '../../lib/cli/qrexec/judge-call.ts';
import { parseCalled } from '../../lib/qrexec/names.ts';

async function main(): Promise<void> {
  const [source = '', target = '', called = ''] = process.argv.slice(3);
  const root = process.env['QUBES_RPC_ROOT'] ?? '';
  const transport = new SocketTransport((method) => connectOrStart(root, socketOf(method)));
  const client = new AdminClient(new AdminCalls(transport));

  const call = { ...parseCalled(called), source, target: target === '' ? '@default' : target };
  const { verdict, requestedTarget } = await judgeCall(root, client, call);
  if (verdict.kind !== 'allow') {
    console.log('result=deny');
    return;
  }
  const { kind } = verdict.target;
  const name = kind === 'qube' ? verdict.target.name : 'dom0';
  console.log(
    ['user=DEFAULT', 'result=allow', `target=${name}`, 'autostart=False'].join('\n') +
      `\nrequested_target=${requestedTarget}`,
  );
}

void main();
