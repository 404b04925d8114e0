import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { adminCall, makeSystem, startHost } from '../support/embedded-system.ts';
import { Comparison, sessionCalls, sessionStore } from '../support/recorded-session.ts';
import type { RecordedCall } from '../support/recorded-session.ts';
import { runProgram } from '../support/run-program.ts';
import { builtFolder } from '../support/service-process.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readFileSync } from 'node:fs';

/** Replies that differ on purpose: how the call begins, and why. */
const MENDED: readonly { readonly call: RegExp; readonly theirs: string; readonly ours: RegExp }[] =
  [
    {
      // The reference sends the person to a log in dom0; the error must name what uses the qube.
      call: /^admin\.vm\.Remove\+ fedora-41$/,
      theirs:
        "2\0QubesVMInUseError\0\0Domain is in use: 'fedora-41';  see 'journalctl -u qubesd -e' in dom0 for details\0",
      ours: /^2\0QubesVMInUseError\0\0Domain is in use: 'fedora-41';.*used by default_template of the system, template of default-dvm/s,
    },
  ];

type Call = (call: RecordedCall) => Promise<string>;

const OK = '0\0';
const TOKEN = /^0\0[A-Za-z0-9]{32}$/;

test('a recorded session of the real tools gets the recorded answers through the socket', async (t) => {
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  const host = await startHost(root);
  t.teardown(async () => {
    host.kill('SIGKILL');
    await host.finished;
  });
  await replay(t, root, (call) => adminCall(root, call));
});

test('a recorded session of the real tools gets the recorded answers through the executables', async (t) => {
  t.timeout(300_000);
  const root = await temporaryFolder(t);
  await makeSystem(root, sessionStore('start'));
  const host = await startHost(root);
  t.teardown(async () => {
    host.kill('SIGKILL');
    await host.finished;
  });
  const services = join(await builtFolder(), 'services');
  await replay(t, root, async ({ method, argument, destination, payload }) => {
    const { exitCode, stdout } = await runProgram(join(services, method), [argument], {
      env: {
        QUBES_RPC_ROOT: root,
        QREXEC_SERVICE_FULL_NAME: `${method}+${argument}`,
        QREXEC_SERVICE_ARGUMENT: argument,
        QREXEC_REMOTE_DOMAIN: 'dom0',
        QREXEC_REQUESTED_TARGET_TYPE: 'name',
        QREXEC_REQUESTED_TARGET: destination,
      },
      input: payload,
    });
    t.is(exitCode, 0, `exit status of ${method}`);
    return Buffer.from(stdout).toString();
  });
});

async function replay(t: ExecutionContext, root: string, call: Call): Promise<void> {
  const comparison = new Comparison();
  /** Each token as it was recorded, and what is given here. */
  const tokens = new Map<string, string>();
  let compared = 0;
  for (const recorded of sessionCalls()) {
    const payload = tokens.get(recorded.payload) ?? recorded.payload;
    const reply = (await call({ ...recorded, payload })).replaceAll(root, '/var/lib/qubes');
    const called = `${recorded.method}+${recorded.argument} ${recorded.destination}`;
    const mended = MENDED.find((one) => one.call.test(called));
    compared++;
    if (mended !== undefined) {
      t.is(recorded.response, mended.theirs, called);
      t.regex(reply, mended.ours, called);
      continue;
    }
    if (recorded.method === 'admin.vm.volume.CloneFrom') {
      t.regex(reply, TOKEN, called);
      tokens.set(recorded.response.slice(OK.length), reply.slice(OK.length));
      continue;
    }
    const { method, response } = recorded;
    const [theirs, ours] = comparison.normalise(method, response, reply);
    if (theirs !== ours) t.is(ours, theirs, called);
  }
  t.true(compared > 700, `${compared} calls compared`);
  const after = readFileSync(join(root, 'qubes.xml'), 'utf8');
  const [theirs, ours] = comparison.normalise('store', sessionStore('after'), after);
  t.deepEqual(essence(ours, root), essence(theirs, '/var/lib/qubes'));
}

/** A store without what means nothing: the order of tags, empty lists, where the system is. */
function essence(store: string, folder: string): readonly string[] {
  const lines = store.replaceAll(folder, 'FOLDER').split('\n');
  const tags = /^ {8}<tag /;
  return lines
    .filter((line) => !/^ {6}<devices class="[a-z]+"\/>$/.test(line))
    .reduce<string[][]>((groups, line) => {
      const last = groups.at(-1);
      if (tags.test(line) && last !== undefined && tags.test(last[0] ?? '')) last.push(line);
      else groups.push([line]);
      return groups;
    }, [])
    .flatMap((group) => group.sort());
}
