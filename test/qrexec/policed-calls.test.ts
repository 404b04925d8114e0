import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { UsageError } from '../../lib/base/errors.ts';
import type { PolicyCall, Verdict } from '../../lib/policy/verdict.ts';
import { CallError } from '../../lib/qrexec/call-error.ts';
import { EmbeddedCaller } from '../../lib/qrexec/embedded-caller.ts';
import type { EmbeddedDoors } from '../../lib/qrexec/embedded-doors.ts';
import { addService, answerOf, qrexecSystem } from '../support/qrexec-system.ts';

const RULE = { file: '/etc/qubes/policy.d/50-own.policy', line: 7, text: 'test.A * work * allow' };
const TERMS = { user: undefined, autostart: true, notify: false, rule: RULE };
const WHO = 'echo "$QREXEC_REMOTE_DOMAIN $QREXEC_SERVICE_FULL_NAME $(basename "$PWD")"';

/** A system in which `work` calls; what was done to its qubes is told. */
async function policed(t: ExecutionContext, verdict: Verdict, doors: Partial<EmbeddedDoors> = {}) {
  const done: string[] = [];
  const judged: PolicyCall[] = [];
  const all: EmbeddedDoors = {
    judge: async (call) => {
      judged.push(call);
      return { verdict, requestedTarget: call.target };
    },
    ask: async () => undefined,
    run: async (qube, mayStart) => void done.push(`run ${qube} ${mayStart}`),
    makeDisposable: async (template) => {
      done.push(`make ${template}`);
      return 'disp1';
    },
    endDisposable: async (name) => void done.push(`end ${name}`),
    ...doors,
  };
  const facts = { source: 'work', doors: all };
  const system = await qrexecSystem(t, { 'test.A': WHO, 'test.Fail': 'exit 9' }, facts);
  const log = (): Promise<string> => readFile(join(system.root, 'run', 'qrexec.log'), 'utf8');
  return { ...system, done, judged, log, doors: all };
}

test('an allowed call goes to the target of the rule, which is started', async (t) => {
  const target = { kind: 'qube', name: 'vault' } as const;
  const { call, done, judged, log } = await policed(t, { kind: 'allow', target, ...TERMS });
  t.is(await answerOf(await call('test.A', 'x', 'personal')), 'work test.A+x vault\n');
  t.deepEqual(judged, [{ service: 'test.A', argument: 'x', source: 'work', target: 'personal' }]);
  t.deepEqual(done, ['run vault true']);
  t.is(
    await log(),
    'qrexec: test.A+x: work -> personal: allowed by /etc/qubes/policy.d/50-own.policy, line 7\n',
  );
});

test('without a target policy is asked about @default', async (t) => {
  const target = { kind: 'qube', name: 'vault' } as const;
  const { call, judged } = await policed(t, { kind: 'allow', target, ...TERMS });
  await answerOf(await call('test.A', '', ''));
  t.is(judged[0]?.target, '@default');
});

test('autostart=no is passed on; what keeps a qube from running refuses the call', async (t) => {
  const target = { kind: 'qube', name: 'vault' } as const;
  const verdict = { kind: 'allow', target, ...TERMS, autostart: false } as const;
  const { call, done } = await policed(t, verdict);
  await answerOf(await call('test.A'));
  t.deepEqual(done, ['run vault false']);
  const { call: refused } = await policed(t, verdict, {
    run: () => Promise.reject(new CallError(126, 'it does not run')),
  });
  await t.throwsAsync(refused('test.A'), { instanceOf: CallError, message: 'it does not run' });
});

test('a denied call says why, and starts nothing', async (t) => {
  const { call, done, log } = await policed(t, {
    kind: 'deny',
    notify: true,
    reason: 'denied by policy',
    rule: RULE,
  });
  const error = await t.throwsAsync(call('test.A', '', 'personal'), { instanceOf: CallError });
  t.is(error.status, 126);
  t.is(
    error.message,
    'Request refused: test.A from work to personal: denied by policy ' +
      '(/etc/qubes/policy.d/50-own.policy, line 7: test.A * work * allow)',
  );
  t.deepEqual(done, []);
  t.true((await log()).includes('denied by policy'));
});

const ASK: Verdict = {
  kind: 'ask',
  targets: [
    { kind: 'qube', name: 'vault' },
    { kind: 'disposable', template: 'default-dvm' },
  ],
  defaultTarget: undefined,
  ...TERMS,
};

test('the person chooses where a call goes, or that it does not', async (t) => {
  const yes = await policed(t, ASK, { ask: async ({ verdict }) => verdict.targets[0] });
  t.is(await answerOf(await yes.call('test.A')), 'work test.A+ vault\n');
  const no = await policed(t, ASK);
  const { status } = await t.throwsAsync(no.call('test.A'), { instanceOf: CallError });
  t.is(status, 126);
  t.deepEqual(no.done, []);
});

test('a disposable is made for the call, and ended after it, also when it fails', async (t) => {
  const target = { kind: 'disposable', template: 'default-dvm' } as const;
  const { call, done } = await policed(t, { kind: 'allow', target, ...TERMS });
  const running = await call('test.A', '', '@dispvm');
  t.is(await answerOf(running), 'work test.A+ disp1\n');
  t.is(await running.finished, 0);
  t.deepEqual(done, ['make default-dvm', 'end disp1']);
  const { status } = await t.throwsAsync(call('test.Nothing'), { instanceOf: CallError });
  t.is(status, 127);
  t.deepEqual(done.slice(2), ['make default-dvm', 'end disp1']);
});

test('a qube of another machine is called through its relay', async (t) => {
  const target = {
    kind: 'remote',
    name: 'far',
    relay: 'sys-relay',
    service: 'test.A+far+test.B+x',
  } as const;
  const { call, done } = await policed(t, { kind: 'allow', target, ...TERMS });
  t.is(await answerOf(await call('test.B', 'x', 'far')), 'work test.A+far+test.B+x sys-relay\n');
  t.deepEqual(done, ['run sys-relay true']);
});

test('a qube cannot call itself', async (t) => {
  const target = { kind: 'qube', name: 'work' } as const;
  const { call } = await policed(t, { kind: 'allow', target, ...TERMS });
  const error = await t.throwsAsync(call('test.A', '', 'work'), { instanceOf: CallError });
  t.is(error.status, 126);
});

test('dom0 is told what was asked for, and what it says is for its log', async (t) => {
  const target = { kind: 'dom0' } as const;
  const { root, doors, log } = await policed(t, { kind: 'allow', target, ...TERMS });
  await addService(join(root, 'qubes-rpc'), 'test.Env', 'env | sort; echo heard >&2');
  const caller = new EmbeddedCaller({ root, source: 'work', doors });
  const asked = async (name: string): Promise<readonly string[]> => {
    const running = await caller.call({
      target: name,
      service: 'test.Env',
      argument: '',
      signal: new AbortController().signal,
    });
    const lines = (await answerOf(running)).split('\n');
    await running.finished;
    t.is(running.untrustedStderr(), '');
    return lines.filter((line) => /^QREXEC_RE|^QUBES/.test(line));
  };
  t.deepEqual(await asked('personal'), [
    'QREXEC_REMOTE_DOMAIN=work',
    'QREXEC_REQUESTED_TARGET=personal',
    'QREXEC_REQUESTED_TARGET_TYPE=name',
    `QUBES_RPC_ROOT=${root}`,
  ]);
  t.deepEqual(await asked('@default'), [
    'QREXEC_REMOTE_DOMAIN=work',
    'QREXEC_REQUESTED_TARGET_KEYWORD=default',
    'QREXEC_REQUESTED_TARGET_TYPE=keyword',
    `QUBES_RPC_ROOT=${root}`,
  ]);
  t.true((await log()).includes('heard\n'));
});

test('calls of dom0 are not judged, and name their target', async (t) => {
  const { root, doors, judged, done } = await policed(t, {
    kind: 'deny',
    notify: false,
    reason: 'nothing goes',
    rule: undefined,
  });
  const caller = new EmbeddedCaller({ root, doors });
  const { signal } = new AbortController();
  for (const target of ['vault', '@dispvm', '@dispvm:other-dvm']) {
    const running = await caller.call({ target, service: 'test.A', argument: '', signal });
    await answerOf(running);
    await running.finished;
  }
  t.deepEqual(judged, []);
  t.deepEqual(done, [
    'run vault true',
    'make undefined',
    'end disp1',
    'make other-dvm',
    'end disp1',
  ]);
});

test('in a folder without a store only dom0 calls', async (t) => {
  const { root } = await qrexecSystem(t, {});
  t.throws(() => new EmbeddedCaller({ root, source: 'work' }), { instanceOf: UsageError });
});
