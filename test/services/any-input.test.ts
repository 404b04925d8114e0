import test from 'ava';
import fc from 'fast-check';

import { ADMIN_SERVICES } from '../../services/index.ts';
import { openSystem } from '../support/admin-system.ts';
import type { AdminSystem } from '../support/admin-system.ts';

const RUNS = 3000;

/** All that answers: events never end. */
const ENDLESS = ['admin.Events', 'admin.vm.Stats'];
const SERVICES = ADMIN_SERVICES.filter(({ name }) => !ENDLESS.includes(name));

const QUBES = [
  'dom0',
  'work',
  'sys-net',
  'fedora-41',
  'default-dvm',
  'disp1234',
  'standalone1',
  'remote1',
];

const word = fc.oneof(
  fc.constantFrom(
    ...['name', 'uuid', 'label', 'netvm', 'template', 'memory', 'maxmem', 'kernel', 'kernelopts'],
    ...['ip', 'ip6', 'mac', 'default_dispvm', 'guivm', 'dispid', 'virt_mode', 'provides_network'],
    ...['default_netvm', 'default_template', 'default_pool', 'clockvm', 'stats_interval'],
    ...['service.cups', 'gui', 'preload-dispvm', 'created-by-dom0', 'red', '9', ''],
    ...['__proto__', 'constructor', ...QUBES],
  ),
  fc.stringMatching(/^[\x21-\x7e]{0,20}$/),
);

const payload = fc.oneof(
  word.map((text) => Buffer.from(text)),
  fc
    .constantFrom(
      'name=new label=red',
      'name=a label=blue pool=varlibqubes',
      '0xabcdef',
      'True',
      '-1',
      '1e9',
    )
    .map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 40 }),
);

/** A call whose form is right, so that its handler gets to see it. */
const call = fc.constantFrom(...SERVICES).chain((service) =>
  fc.record({
    method: fc.constant(service.name),
    argument: service.argument === 'none' ? fc.constant('') : word,
    source: fc.constantFrom('dom0', 'dom0', 'work'),
    destination: fc.constantFrom(...(service.destination === 'dom0' ? ['dom0'] : QUBES)),
    payload: service.payload === 'none' ? fc.constant(Buffer.alloc(0)) : payload,
  }),
);

test('whatever is asked, the answer is a value or an error with a name, never a fault; what was done is on disk', async (t) => {
  const system = await openSystem(t);
  const done = new Set<string>();
  await fc.assert(
    fc.asyncProperty(call, async ({ method, argument, source, destination, payload }) => {
      const reply = await system.ask(
        `${method}+${argument} ${source} name ${destination}`,
        payload,
      );
      t.regex(reply, /^(0\0|2\0[A-Za-z]+\0\0[^\0]+\0$)/, system.logged.join('\n'));
      if (reply.startsWith('0')) done.add(method);
    }),
    { numRuns: RUNS },
  );
  t.deepEqual(system.logged, []);
  t.true(done.size > 25, 'most were carried out');
  const before = await stateOf(system);
  t.deepEqual(await stateOf(await system.reopen()), before);
});

/** What can be seen of a system, in small pieces. */
async function stateOf({ ask }: AdminSystem): Promise<readonly string[]> {
  const replies = await Promise.all(
    ['admin.vm.Describe', 'admin.property.GetAll', 'admin.label.List'].map((method) =>
      ask(`${method}+ dom0 name dom0`),
    ),
  );
  return replies.join('').split(/(?<=[,\n])/);
}
