/** What a package of Qubes OS owns of the paths that we would have, too. */
interface StockPackage {
  readonly name: string;
  /** Where that is written. */
  readonly source: string;
  /** A path that ends with `*` stands for all that begin like it. */
  readonly owned: readonly string[];
  /** What it does not own of these. */
  readonly except: readonly string[];
}

/**
 * Two packages must not own one path. What is here is installed beside, and takes the place of the
 * stock file only when a person says so. All other names are free.
 */
const STOCK_PACKAGES: readonly StockPackage[] = [
  {
    name: 'qubes-core-agent',
    source: 'qubes-core-agent-linux 4.4.2: rpm_spec/core-agent.spec.in, debian/*.install',
    owned: [
      '/etc/qubes-rpc/qubes.Backup',
      '/etc/qubes-rpc/qubes.RegisterBackupLocation',
      '/etc/qubes-rpc/qubes.Restore',
      '/etc/qubes-rpc/qubes.RestoreById',
      '/etc/qubes-rpc/qubes.WaitForNetworkUplink',
      '/etc/qubes-rpc/qubes.WaitForRunningSystem',
    ],
    except: [],
  },
  {
    name: 'qubes-core-qrexec',
    source: 'qubes-core-qrexec 4.4.2: rpm_spec/qubes-qrexec.spec.in',
    owned: ['/etc/qubes-rpc/qubes.WaitForSession'],
    except: [],
  },
  {
    name: 'qubes-core-dom0',
    source: 'qubes-core-admin 4.4.0: rpm_spec/core-dom0.spec.in, Makefile',
    owned: [
      '/etc/qubes-rpc/admin.*',
      '/etc/qubes-rpc/qubes.FeaturesRequest',
      '/etc/qubes-rpc/qubes.NotifyTools',
      '/etc/qubes-rpc/qubes.NotifyUpdates',
      '/etc/qubes/policy.d/85-admin-backup-restore.policy',
      '/etc/qubes/policy.d/90-admin-default.policy',
      '/etc/qubes/policy.d/include/admin-global-ro',
      '/etc/qubes/policy.d/include/admin-global-rwx',
      '/etc/qubes/policy.d/include/admin-local-ro',
      '/etc/qubes/policy.d/include/admin-local-rwx',
      '/usr/lib/systemd/system/qubes-preload-dispvm.service',
    ],
    except: [
      '/etc/qubes-rpc/admin.vm.Create.AdminVM',
      '/etc/qubes-rpc/admin.vm.Create.RemoteVM',
      '/etc/qubes-rpc/admin.vm.CreateInPool.AdminVM',
      '/etc/qubes-rpc/admin.vm.CreateInPool.RemoteVM',
      '/etc/qubes-rpc/admin.vm.Describe',
      '/etc/qubes-rpc/admin.vm.Resume',
      '/etc/qubes-rpc/admin.vm.Suspend',
    ],
  },
];

/**
 * The package of Qubes OS that owns a path.
 * @returns undefined when none does
 */
export function stockOwner(path: string): string | undefined {
  const owner = STOCK_PACKAGES.find(
    ({ owned, except }) => owned.some((one) => covers(one, path)) && !except.includes(path),
  );
  return owner?.name;
}

function covers(owned: string, path: string): boolean {
  return owned.endsWith('*') ? path.startsWith(owned.slice(0, -1)) : path === owned;
}
