import test from 'ava';
import fc from 'fast-check';
import { chunkName, memberName, parseMemberName } from '../../../lib/archive/outer/member-name.ts';
import { manifestOf } from '../metadata/manifest.ts';

test('every member of a real archive of format 4 has its meaning', (t) => {
  for (const [name] of manifestOf('v4-gzip').outer_members) {
    const member = parseMemberName(name);
    t.truthy(member, name);
    t.true(member?.kind !== 'chunk' || member.encrypted, name);
  }
  t.deepEqual(parseMemberName('vm2/root.img.000.enc'), {
    kind: 'chunk',
    name: 'vm2/root.img.000',
    folder: 'vm2',
    file: 'vm2/root.img',
    chunk: 0,
    encrypted: true,
  });
  t.deepEqual(parseMemberName('dom0-home/user.000.enc'), {
    kind: 'chunk',
    name: 'dom0-home/user.000',
    folder: 'dom0-home/user',
    file: 'dom0-home/user',
    chunk: 0,
    encrypted: true,
  });
});

test('every member of a real archive of format 3 has its meaning', (t) => {
  for (const [name] of manifestOf('v3-encrypted-compressed').outer_members)
    t.truthy(parseMemberName(name), name);
  t.deepEqual(parseMemberName('vm9/..000'), {
    kind: 'chunk',
    name: 'vm9/..000',
    folder: 'vm9',
    file: 'vm9/.',
    chunk: 0,
    encrypted: false,
  });
  t.is(parseMemberName('vm9/..000.hmac')?.kind, 'chunk-mac');
  t.is(
    parseMemberName('appvms/my-work/private.img.001.hmac')?.name,
    'appvms/my-work/private.img.001',
  );
});

test('a header and its MAC are told apart', (t) => {
  t.deepEqual(parseMemberName('backup-header'), { kind: 'header', name: 'backup-header' });
  t.deepEqual(parseMemberName('backup-header.hmac'), { kind: 'header-mac', name: 'backup-header' });
});

test('chunk numbers go on past 999 without leading zeros', (t) => {
  const chunkOf = (name: string): number | undefined => {
    const member = parseMemberName(name);
    return member?.kind === 'chunk' ? member.chunk : undefined;
  };
  t.is(chunkOf('vm2/root.img.999.enc'), 999);
  t.is(chunkOf('vm2/root.img.1000.enc'), 1000);
  t.is(chunkOf('vm2/root.img.9999999.enc'), 9_999_999);
  for (const number of ['0', '00', '0000', '0999', '01000', '10000000', '-01', '1e3', '٠٠٠']) {
    t.is(chunkOf(`vm2/root.img.${number}.enc`), undefined, number);
  }
  t.is(chunkName('vm2/root.img', 7), 'vm2/root.img.007');
  t.is(chunkName('vm2/root.img', 1234), 'vm2/root.img.1234');
});

const BAD = [
  '',
  '.',
  '..',
  '/backup-header',
  './backup-header',
  'backup-header/',
  'backup-header\n',
  'backup-header.enc',
  'backup-header.hmac.hmac',
  'Backup-Header',
  'qubes.xml',
  'qubes.xml.enc',
  'qubes.xml.000.hmac.enc',
  'qubes.xml.000.enc.hmac',
  'qubes.xml.000 ',
  'vm/root.img.000.enc',
  'vm0/root.img.000.enc',
  'vm02/root.img.000.enc',
  'vm-1/root.img.000.enc',
  'vm1234567890/root.img.000.enc',
  '/vm2/root.img.000.enc',
  'vm2//root.img.000.enc',
  'vm2/root.img',
  'vm2/root.img.000.enc/',
  'vm2/../vm3/root.img.000.enc',
  'vm2/..',
  'vm2/../000',
  'vm2/..000.enc',
  'vm2/...000',
  'vm2/.hidden.000.enc',
  'vm2/a..b.000.enc',
  'vm2/a/b.000.enc',
  'vm2/a\\b.000.enc',
  'vm2/-rf.000.enc',
  'vm2/root img.000.enc',
  'vm2/root\0.img.000.enc',
  'vm2/root\x1b.img.000.enc',
  'vm2/räöt.img.000.enc',
  'dom0-home/.000',
  'dom0-home/..000',
  'dom0-home/root/x.000.enc',
  'dom0-home/-user.000.enc',
  'appvms/../x.000',
  'appvms/0work/private.img.000',
  'etc/passwd.000.enc',
  `vm2/${'a'.repeat(300)}.000.enc`,
];
test('names that do not belong in a backup have no meaning', (t) => {
  for (const name of BAD) t.is(parseMemberName(name), undefined, JSON.stringify(name));
});

const digits = fc.nat(9_999_999).map((chunk) => String(chunk).padStart(3, '0'));
const folder = fc.oneof(
  fc.integer({ min: 1, max: 999_999_999 }).map((qid) => `vm${qid}`),
  fc.constantFrom('appvms/work', 'vm-templates/fedora-41', 'servicevms/sys-net'),
);
const file = fc
  .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/)
  .filter((name) => !name.includes('..') && !name.endsWith('.'));
const validName = fc.oneof(
  fc.constantFrom('backup-header', 'backup-header.hmac'),
  fc
    .tuple(
      fc.oneof(
        fc.constantFrom('qubes.xml', 'dom0-home/user', 'dom0-home/Jo.hn_1'),
        fc.tuple(folder, file).map((parts) => parts.join('/')),
      ),
      digits,
      fc.constantFrom('', '.enc', '.hmac'),
    )
    .map(([path, number, suffix]) => `${path}.${number}${suffix}`),
);

test('a name that is understood is printed back the same', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(validName, (name) => {
        const member = parseMemberName(name);
        return member !== undefined && memberName(member) === name;
      }),
      { numRuns: 2000, seed: 1 },
    ),
  );
});

test('no damaged name leads out of the folder, and what passes prints back the same', (t) => {
  const part = fc.oneof(
    fc.constantFrom('..', '/', '\0', '.', '.000', '.enc', '.hmac', 'vm1/', '\n', ' ', '%', 'ﬀ'),
    fc.string({ maxLength: 3, unit: 'binary' }),
  );
  const damaged = fc
    .tuple(validName, fc.nat(40), fc.nat(4), part)
    .map(([name, at, cut, put]) => name.slice(0, at) + put + name.slice(at + cut));
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (untrusted) => {
        const member = parseMemberName(untrusted);
        if (member === undefined) return true;
        const steps = untrusted.replace(/\/\.\.\d+(\.hmac)?$/, '').split('/');
        return (
          memberName(member) === untrusted &&
          /^[A-Za-z0-9._/-]{1,255}$/.test(untrusted) &&
          steps.every((step) => /^[A-Za-z0-9_]/.test(step) && !step.includes('..'))
        );
      }),
      { numRuns: 2000, seed: 1 },
    ),
  );
});
