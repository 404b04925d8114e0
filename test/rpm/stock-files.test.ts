import test from 'ava';

import { stockOwner } from '../../rpm/stock-files.ts';

test('says which package of Qubes OS owns a path', (t) => {
  t.is(stockOwner('/etc/qubes-rpc/qubes.Restore'), 'qubes-core-agent');
  t.is(stockOwner('/etc/qubes-rpc/qubes.WaitForSession'), 'qubes-core-qrexec');
  t.is(stockOwner('/etc/qubes-rpc/qubes.NotifyTools'), 'qubes-core-dom0');
  t.is(stockOwner('/etc/qubes/policy.d/90-admin-default.policy'), 'qubes-core-dom0');
});

test('all of the Admin API is owned but for what it does not have', (t) => {
  t.is(stockOwner('/etc/qubes-rpc/admin.vm.List'), 'qubes-core-dom0');
  t.is(stockOwner('/etc/qubes-rpc/admin.vm.Describe'), undefined);
});

test('names are compared whole', (t) => {
  t.is(stockOwner('/etc/qubes-rpc/qubes.RestoreBy'), undefined);
  t.is(stockOwner('/etc/qubes/policy.d/90-admin-default.policy.d'), undefined);
  t.is(stockOwner('/usr/local/etc/qubes-rpc/qubes.Restore'), undefined);
});
