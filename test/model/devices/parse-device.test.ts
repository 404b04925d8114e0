import test from 'ava';
import fc from 'fast-check';

import { AdminError } from '../../../lib/base/admin-error.ts';
import { parseDevice } from '../../../lib/model/devices/parse-device.ts';

const backend = fc.oneof(
  fc.constant('*'),
  fc
    .stringMatching(/^[a-zA-Z][a-zA-Z0-9_.-]{0,20}$/)
    .filter((name) => !/-dm$|^(none|default|Domain-0)$/.test(name)),
);
const port = fc.oneof(
  fc.constant('*'),
  fc.stringMatching(/^[a-zA-Z0-9._-]{1,20}$/).filter((one) => one !== '_'),
);
/** As devices say it of themselves: numbers, serial number, interfaces. */
const device = fc.oneof(
  fc.constant('*'),
  fc.constant('0000:0000::?******'),
  fc.stringMatching(/^[0-9a-f]{4}:[0-9a-f]{4}:[a-zA-Z0-9.-]{0,9}:u[0-9a-f]{6}$/),
  fc.stringMatching(/^:[A-Za-z0-9]{1,5}(:[0-9]{1,3})?$/),
);

test('a device is read from its name, and from what clients make of it for qrexec', (t) => {
  fc.assert(
    fc.property(fc.record({ backend, port, device }), (named) => {
      const name = `${named.backend}+${named.port}:${named.device}`;
      t.deepEqual(parseDevice(name), named);
      const passed = name.replaceAll(':', '+').replace('?******', '_______').replaceAll('*', '_');
      t.deepEqual(parseDevice(passed), named, passed);
    }),
    { numRuns: 500 },
  );
});

test('whatever is sent is read or refused', (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('sys-net', '+', ':', '*', '_', 'sda', '/', ' '))
      .map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, (untrusted) => {
      try {
        const read = parseDevice(untrusted);
        t.regex(`${read.backend} ${read.port}`, /^[a-zA-Z0-9_.*-]+ [a-zA-Z0-9_.*-]+$/);
        t.regex(read.device, /^[\x21-\x7e]+$/);
      } catch (error) {
        t.true(error instanceof AdminError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});
