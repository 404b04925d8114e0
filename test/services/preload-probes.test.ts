import test from 'ava';

import { openSystem } from '../support/admin-system.ts';
import { readProbes } from '../support/probes.ts';

/** Calls on the features of preloading, made one after another, and what the reference answered. */
const PROBES = readProbes('preload-probes');

const NOT_A_NUMBER =
  '2\0QubesValueError\0\0Invalid preload-dispvm-delay value: not an integer or float\0';

/** Where we refuse what the reference accepts, and stumbles over later; and so keep what was set. */
const MENDED: readonly {
  readonly call: RegExp;
  readonly payload: RegExp;
  readonly ours: string;
}[] = [
  { call: /Set\+.*-delay dom0 name (work|dom0)$/, payload: /nan|inf|1e400/i, ours: NOT_A_NUMBER },
  { call: /Get\+.*-delay dom0 name (work|dom0)$/, payload: /^$/, ours: '0\x001_0e1_0' },
  {
    call: /Set\+preload-dispvm-threshold dom0 name dom0$/,
    payload: /^9{21}$/,
    ours: '2\0QubesValueError\0\0Invalid preload-dispvm-threshold value: not a digit\0',
  },
  { call: /Get\+.*-threshold dom0 name dom0$/, payload: /^$/, ours: '0\x00100' },
  {
    call: /Set\+preload-dispvm-max dom0 name dom0$/,
    payload: /^x$/,
    ours: '2\0QubesValueError\0\0Invalid preload-dispvm-max value: not a digit\0',
  },
  { call: /Get\+.*-max dom0 name dom0$/, payload: /^$/, ours: '0\x0000' },
];

test('features of preloading are judged as the reference judges them', async (t) => {
  const { ask, logged } = await openSystem(t);
  const used = new Set<object>();
  const differences: object[] = [];
  for (const { header, payload = '', response } of PROBES) {
    const reply = await ask(header, payload);
    if (reply === response) continue;
    const mended = MENDED.find((one) => one.call.test(header) && one.payload.test(payload));
    if (mended !== undefined && reply === mended.ours) used.add(mended);
    else differences.push({ call: `${header} <- ${payload}`, reply, response });
  }
  t.deepEqual(differences, []);
  t.is(used.size, MENDED.length, 'every difference is met');
  t.deepEqual(logged, []);
});
