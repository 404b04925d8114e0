import test from 'ava';
import fc from 'fast-check';

import { openDeviceSystem } from '../../support/device-system.ts';

const BLOCK = 'admin.vm.device.block.Available+ dom0 name sys-net';
const USB = 'admin.vm.device.usb.Available+ dom0 name sys-net';

const LINE = /^[\x21-\x7e]+(?: [!#-&(-<>-_a-~]+='(?:[^']|\\')*')+$/;

test('names of devices that are none are skipped, with one safe line in the log', async (t) => {
  const { ask, run, expose, logged } = await openDeviceSystem(t);
  await run('sys-net');
  // What QubesDB itself lets pass.
  const bad = ['SDA', 'sd:a', 'sd_a', '@', '..', '.', 'a'.repeat(13), ''];
  for (const name of bad) await expose('sys-net', 'block', { [`${name}/desc`]: 'x' });
  await expose('sys-net', 'block', { 'sdb/desc': 'good' });
  t.regex(await ask(BLOCK), /^0\0sdb::None [^\n]*\n$/);
  t.true(logged.length > 0);
  for (const line of logged) t.regex(line, /^[\x20-\x7e]+\n$/);
});

test('parents that lead in a circle or to nobody make no identity of their own', async (t) => {
  const { ask, run, expose, logged } = await openDeviceSystem(t);
  await run('sys-net');
  const parents = { sda1: 'sdb2', sdb2: 'sda1', sdc3: 'sdc3', sdd4: 'nosuch', sde5: '1-1:1.0' };
  for (const [port, parent] of Object.entries(parents)) {
    await expose('sys-net', 'block', { [`${port}/parent`]: parent });
  }
  const reply = await ask(BLOCK);
  t.deepEqual(reply.match(/(?<=device_id=')[^']*/g), [
    '0000:0000::?******:2:1',
    '0000:0000::?******:1:2',
    '0000:0000::?******:3',
    '0000:0000::?******:4',
    '0000:0000::?******:1.0',
  ]);
  t.deepEqual(logged, []);
});

test('of very many devices only so many are listed', async (t) => {
  const { ask, run, expose, logged } = await openDeviceSystem(t);
  await run('sys-net');
  const many = Object.fromEntries(
    Array.from({ length: 3000 }, (_, index) => [`d${index}/parent`, `d${(index + 1) % 3000}`]),
  );
  await expose('sys-net', 'block', many);
  t.is((await ask(BLOCK)).split('\n').length - 1, 256);
  t.true(logged.some((line) => line.includes('2744 devices in /qubes-block-devices')));
});

test('whatever a backend says, lists have one line for each device, of printable ASCII', async (t) => {
  const { ask, run, expose, app } = await openDeviceSystem(t);
  await run('sys-net');
  // QubesDB has no NUL in its values.
  const value = fc.oneof(
    fc.uint8Array({ min: 1, maxLength: 60 }),
    fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
    fc.constantFrom('sda', "a' b='c", "=' x='", 'x (y)', "\\'", '0951:1666 a\\x0ab c d', 'w', 'r'),
  );
  await fc.assert(
    fc.asyncProperty(value, value, value, async (one, two, three) => {
      await expose('sys-net', 'block', { 'sda/desc': one, 'sdb/parent': two, 'sdc/mode': three });
      await expose('sys-net', 'usb', {
        '1-1/desc': one,
        '1-1/interfaces': two,
        '1-1/connected-to': three,
      });
      for (const [call, count] of [
        [BLOCK, 3],
        [USB, 1],
      ] as const) {
        const reply = await ask(call);
        const lines = reply.slice(2).split('\n').slice(0, -1);
        t.is(lines.length, count, reply);
        for (const line of lines) t.regex(line, LINE);
      }
    }),
  );
  t.is(app.qubes.find('sys-net')?.name, 'sys-net');
});
