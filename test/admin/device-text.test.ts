import test from 'ava';
import fc from 'fast-check';
import { deviceArgument, parseDevices, useText } from '../../lib/admin/device-text.ts';
import { NeedsError, UsageError } from '../../lib/base/errors.ts';

const METHOD = 'admin.vm.device.block.Available';

test('the lines of the reference are read', (t) => {
  const [disk, other] = parseDevices(
    METHOD,
    "sda1::None:1 device_id=':None:1' port_id='sda1' devclass='block' backend_domain='sys-net' " +
      "serial='' manufacturer='sub-device of sys-net:sda' name='DATA'\n" +
      "sys-net+sda1:* device_id='*' port_id='sda1' devclass='block' backend_domain='sys-net' " +
      "mode='required' frontend_domain='work' _read-only='yes' _note='it\\'s'\n",
  );
  t.like(disk, { backend: 'sys-net', port: 'sda1', id: ':None:1' });
  t.is(disk?.facts.get('manufacturer'), 'sub-device of sys-net:sda');
  t.is(disk?.facts.get('serial'), '');
  t.like(other, { backend: 'sys-net', port: 'sda1', id: '*' });
  t.is(other?.facts.get('mode'), 'required');
  t.deepEqual(
    [...(other?.options ?? [])],
    [
      ['read-only', 'yes'],
      ['note', "it's"],
    ],
  );
  t.deepEqual(parseDevices(METHOD, ''), []);
});

for (const line of [
  ...['sda', "sda device_id='x'", "sda device_id='x' port_id='y' backend_domain='z' bad"],
  ...["sda device_id='x' port_id='y' backend_domain='z", "sda device_id='x'port_id='y'"],
]) {
  test(`no line of devices: ${line}`, (t) => {
    t.throws(() => parseDevices(METHOD, line), { instanceOf: NeedsError });
  });
}

test('an argument is what the client of the reference sends', (t) => {
  for (const [backend, port, id, argument] of [
    ['sys-net', 'sda', ':None', 'sys-net+sda++None'],
    ['sys-net', 'sda', '*', 'sys-net+sda+_'],
    ['sys-usb', '*', '1234:5678:serial:u030102', 'sys-usb+_+1234+5678+serial+u030102'],
    ['dom0', '00_1f.0', '0x8086:0x15bb::?******', 'dom0+00_1f.0+0x8086+0x15bb++_______'],
  ] as const) {
    t.is(deviceArgument({ backend, port, id }), argument);
  }
});

test('what is said of a use is read back', (t) => {
  const printable = fc
    .string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) })
    // The reference has no way to write a backslash before a quote.
    .filter((value) => !value.includes('\\'));
  const key = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(key, printable)), (options) => {
      const device = { backend: 'sys-net', port: 'sda', id: ':None' };
      const text = useText(device, 'block', 'manual', new Map(options));
      const [line] = parseDevices(METHOD, `KEY ${text}\n`);
      t.like(line, device);
      t.deepEqual([...(line?.options ?? [])], [...new Map(options)]);
    }),
  );
});

test('an option that is no printable ASCII is refused', (t) => {
  const device = { backend: 'sys-net', port: 'sda', id: '*' };
  t.throws(() => useText(device, 'block', 'manual', new Map([['note', 'a\nb']])), {
    instanceOf: UsageError,
  });
});
