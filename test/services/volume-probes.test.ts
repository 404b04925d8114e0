import test from 'ava';

import { openSystem } from '../support/admin-system.ts';
import { readProbes } from '../support/probes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Folder of the recorded system, and of a pool that was added to it. */
const FOLDER = '/var/lib/qubes';

/**
 * Calls on volumes, pools and backup profiles with ordinary and odd input, made one after another,
 * and what the reference answered.
 */
const PROBES = readProbes('volume-probes');

/** Where we answer otherwise: bad input is an error, and no failure of the daemon. */
const MENDED: readonly { readonly call: RegExp; readonly said: RegExp; readonly ours: RegExp }[] = [
  // Drivers of other packages are not here.
  {
    call: /^admin\.pool\.ListDrivers/,
    said: /callback conf_id\nzfs .*\n$/,
    ours: /^0\0file revisions_to_keep dir_path ephemeral_volatile\nfile-reflink revisions_to_keep dir_path setup_check ephemeral_volatile\nlinux-kernel dir_path\nlvm_thin revisions_to_keep volume_group thin_pool ephemeral_volatile\n$/,
  },
  {
    call: /^admin\.vm\.volume\.Info\+x dom0 name remote1/,
    said: /^$/,
    ours: /^2\0PermissionDenied\0\0Argument not in 'remote1 volumes'\0$/,
  },
  {
    call: /^admin\.vm\.volume\.Revert/,
    said: /^$/,
    ours: /^2\0StoragePoolException\0\0The volume private of personal has no revision nosuch\0$/,
  },
  // A RemoteVM in the system does not matter.
  { call: /^admin\.pool\.Remove\+pp /, said: /^$/, ours: /^0\0$/ },
  {
    call: /^admin\.pool\.Remove\+linux-kernel/,
    said: /^$/,
    ours: /^2\0QubesPoolInUseError\0\0Storage pool is in use: 'linux-kernel'\0$/,
  },
];

test('odd calls on volumes and pools are answered as the reference answers them', async (t) => {
  const { root, ask, logged } = await openSystem(t);
  const elsewhere = await temporaryFolder(t);
  /** Each token as it was recorded, and what is given here. */
  const tokens = new Map<string, string>();
  const used = new Set<object>();
  const differences: object[] = [];
  for (const { header, payload = '', response } of PROBES) {
    const sent = tokens.get(payload) ?? payload.replaceAll(FOLDER, elsewhere);
    const reply = (await ask(header, sent)).replaceAll(root, FOLDER).replaceAll(elsewhere, FOLDER);
    if (header.startsWith('admin.vm.volume.CloneFrom')) {
      t.regex(reply, /^0\0[A-Za-z0-9]{32}$/);
      tokens.set(response.slice(2), reply.slice(2));
      continue;
    }
    const mended = MENDED.find(({ call, said }) => call.test(header) && said.test(response));
    if (mended !== undefined) used.add(mended);
    const isSame = mended?.ours.test(reply) ?? withoutChance(reply) === withoutChance(response);
    if (!isSame) differences.push({ call: `${header} <- ${payload}`, reply, response });
  }
  t.deepEqual(differences, []);
  t.is(used.size, MENDED.length, 'every difference is met');
  t.deepEqual(logged, []);
});

/** Without what depends on the disk. */
function withoutChance(text: string): string {
  return text.replace(/^((?:data_)?(?:size|usage)=)\d{11,}$/gm, '$1N').replace(/^usage=\d+$/gm, '');
}
