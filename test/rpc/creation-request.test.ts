import test from 'ava';

import { AdminError } from '../../lib/base/admin-error.ts';
import { parseCreationRequest } from '../../lib/rpc/creation-request.ts';

const read = (text: string, withPools = true): unknown =>
  parseCreationRequest(Buffer.from(text), withPools);

test('reads a request in any order', (t) => {
  const expected = {
    name: 'work',
    label: 'red',
    pool: undefined,
    pools: new Map(),
    restoring: false,
  };
  t.deepEqual(read('name=work label=red', false), expected);
  t.deepEqual(read('label=red name=work'), expected);
});

test('reads where the volumes are to be', (t) => {
  t.deepEqual(read('name=work pool=fast label=red'), {
    name: 'work',
    label: 'red',
    pool: 'fast',
    pools: new Map(),
    restoring: false,
  });
  t.deepEqual(read('name=work label=red pool:root=fast pool:private=a=b'), {
    name: 'work',
    label: 'red',
    pool: undefined,
    pools: new Map([
      ['root', 'fast'],
      ['private', 'a=b'],
    ]),
    restoring: false,
  });
});

test('reads the one tag that a qube can be created with', (t) => {
  t.like(read('name=work tag=backup-restore-in-progress label=red', false), { restoring: true });
});

const REFUSED: readonly (readonly [string, boolean, string, string])[] = [
  ['', true, 'ProtocolError', 'Creation requested without key: name'],
  ['garbage', true, 'ProtocolError', 'Options must be separated by equal sign'],
  ['name=a  label=red', true, 'ProtocolError', 'Options must be separated by equal sign'],
  ['name=a label=red ', true, 'ProtocolError', 'Options must be separated by equal sign'],
  ['name=a', true, 'ProtocolError', 'Creation requested without key: label'],
  ['name=ż label=red', true, 'ProtocolError', 'Parameters contains non-ASCII characters'],
  ['name=a name=b label=red', true, 'ProtocolError', 'Options must be unique'],
  ['label= name=a', true, 'QubesInvalidLabelError', 'Label name must be set'],
  ['name=a label=1', true, 'QubesInvalidLabelError', 'Label must not be a digit'],
  ['name= label=red', true, 'QubesValueError', 'VM name contains illegal characters'],
  [
    'name=a label=red =1',
    true,
    'ProtocolError',
    'Options does not match: name, label, pool, pool:',
  ],
  ['name=a label=red pool=x pool=y', true, 'ProtocolError', "Option 'pool' must be unique"],
  [
    'name=a label=red pool:root=x pool:root=y',
    true,
    'ProtocolError',
    "Option 'pool:root' must be unique",
  ],
  [
    'name=a label=red tag=mine',
    true,
    'ProtocolError',
    'The only tag to create a qube with is backup-restore-in-progress',
  ],
  [
    'name=a label=red pool:=x',
    true,
    'ProtocolError',
    'Volume must be one of: root, private, volatile, kernel',
  ],
  [
    'name=a label=red pool:root=x',
    false,
    'ProtocolError',
    "Pool option specified but 'allow_pool' is False",
  ],
  [
    'name=a label=red pool=x pool:root=x',
    true,
    'ProtocolError',
    "Conflicting options specified: 'pool=', 'pool:volume='",
  ],
];

for (const [text, withPools, wireName, message] of REFUSED) {
  test(`refuses "${text}"${withPools ? '' : ' without pools'}`, (t) => {
    const error = t.throws(() => read(text, withPools), { message });
    t.is(error instanceof AdminError ? error.wireName : undefined, wireName);
  });
}
