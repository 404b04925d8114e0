import test from 'ava';

import { AdminCalls } from '../../lib/admin/calls.ts';
import { AdminClient } from '../../lib/admin/client.ts';
import { errorFrame } from '../../lib/admin/frames.ts';
import type { AdminRequest, Transport } from '../../lib/admin/transport.ts';
import { PermissionDenied, QubesVMNotFoundError } from '../../lib/base/admin-error.ts';
import { readHostFacts } from '../../lib/restore/read-host-facts.ts';
import { openSystem } from '../support/admin-system.ts';

/** A client of a system that this process has open. */
async function systemClient(
  t: Parameters<typeof openSystem>[0],
  answer: (request: AdminRequest) => Uint8Array | undefined = () => undefined,
): Promise<AdminClient> {
  const { ask } = await openSystem(t);
  const transport: Transport = {
    async *send(request) {
      const { method, argument, destination, payload } = request;
      const header = `${method}+${argument} dom0 name ${destination}`;
      yield answer(request) ?? Buffer.from(await ask(header, Buffer.from(payload)));
    },
    stream: () => {
      throw new Error('no streams here');
    },
  };
  return new AdminClient(new AdminCalls(transport));
}

test('what a plan depends on is asked of the system', async (t) => {
  const unfinished = new Map([['work', 'work-1']]);
  const facts = await readHostFacts(await systemClient(t), { user: 'user', unfinished });
  t.is(facts.qubes.size, 12);
  t.deepEqual(facts.qubes.get('sys-net'), {
    ...{ name: 'sys-net', class: 'AppVM', providesNetwork: true, templateForDispvms: false },
  });
  t.deepEqual(facts.qubes.get('default-dvm'), {
    ...{ name: 'default-dvm', class: 'AppVM', providesNetwork: false, templateForDispvms: true },
  });
  t.is(facts.qubes.get('dom0')?.class, 'AdminVM');
  t.true(facts.labels.has('red'));
  t.is(facts.pools.get('varlibqubes')?.driver, 'file-reflink');
  t.is(typeof facts.pools.get('varlibqubes')?.free, 'number');
  t.is(facts.pools.get('linux-kernel')?.free, undefined);
  t.is(facts.globals.get('default_template'), 'fedora-41');
  t.is(facts.globals.get('default_pool_private'), 'varlibqubes');
  t.true(facts.kernels !== undefined);
  t.is(facts.user, 'user');
  t.is(facts.unfinished, unfinished);
});

test('what policy does not let us see is not there, or not known', async (t) => {
  const client = await systemClient(t, ({ method }) =>
    method === 'admin.vm.List' || method === 'admin.label.List'
      ? undefined
      : errorFrame(new PermissionDenied('no')),
  );
  const facts = await readHostFacts(client, {});
  t.is(facts.qubes.size, 12);
  t.false(facts.qubes.get('sys-net')?.providesNetwork);
  t.deepEqual([facts.pools.size, facts.globals.size, facts.kernels], [0, 0, undefined]);
});

test('a qube that goes away meanwhile is not there', async (t) => {
  const client = await systemClient(t, ({ destination }) =>
    destination === 'work' ? errorFrame(QubesVMNotFoundError.of('work')) : undefined,
  );
  const { qubes } = await readHostFacts(client, {});
  t.is(qubes.size, 11);
  t.false(qubes.has('work'));
});
