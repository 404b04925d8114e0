import test from 'ava';
import fc from 'fast-check';
import { UsageError } from '../../../lib/base/errors.ts';
import { parseRpcCommandLine, rpcProgram } from '../../../lib/cli/rpc/rpc-command.ts';
import type { RpcRequest } from '../../../lib/cli/rpc/rpc-request.ts';

function request(...args: string[]): RpcRequest {
  const parsed = parseRpcCommandLine(args);
  if (parsed.kind !== 'request') throw new Error('a text, not a request');
  return parsed.request;
}

function refusal(...args: string[]): string {
  try {
    parseRpcCommandLine(args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('create takes class, label, template, pools and properties', (t) => {
  const line = 'create c1 -C DispVM -l blue -t dvm -P private=fast -P root=slow --root sys --json';
  t.deepEqual(request(...line.split(' '), '--prop', 'kernelopts=a=b c', '--prop', 'netvm='), {
    ...{ command: 'create', name: 'c1', class: 'DispVM', label: 'blue', template: 'dvm' },
    pool: [
      { volume: 'private', pool: 'fast' },
      { volume: 'root', pool: 'slow' },
    ],
    prop: [
      ['kernelopts', 'a=b c'],
      ['netvm', ''],
    ],
    ...{ root: 'sys', json: true, qrexec: false },
  });
  t.like(request('create', 'c1'), { class: 'AppVM', label: 'red', pool: [], prop: [] });
});

test('prefs takes a qube and up to two words more, --system none', (t) => {
  t.like(request('prefs', 'work'), { qube: 'work', property: undefined, value: undefined });
  t.like(request('prefs', 'work', 'netvm', ''), { qube: 'work', property: 'netvm', value: '' });
  t.like(request('prefs', 'work', 'maxmem', '--', '-5'), { property: 'maxmem', value: '-5' });
  t.like(request('prefs', '--system'), { qube: undefined, property: undefined });
  t.like(request('prefs', '--system', 'clockvm', 'sys-net'), {
    ...{ qube: undefined, property: 'clockvm', value: 'sys-net' },
  });
  t.like(request('prefs', 'work', 'netvm', '--reset'), { property: 'netvm', reset: true });
});

test('a call is taken apart at its first plus', (t) => {
  t.like(request('call', 'admin.vm.List'), {
    ...{ call: { method: 'admin.vm.List', argument: '' }, destination: 'dom0' },
  });
  t.like(request('call', 'admin.x+a+b', 'work'), {
    ...{ call: { method: 'admin.x', argument: 'a+b' }, destination: 'work' },
  });
});

test('the words behind volume, device and firewall are read by their action', (t) => {
  t.like(request('volume'), { command: 'volume', action: 'list', names: [] });
  t.like(request('volume', 'import', 'work:private', '-', '--size', '1.5G'), {
    ...{ action: 'import', volume: { qube: 'work', name: 'private' }, file: '-' },
    size: 1.5 * 1024 ** 3,
  });
  t.like(request('volume', 'clone', 'a:root', 'b:root', '-y'), {
    ...{ from: { qube: 'a', name: 'root' }, to: { qube: 'b', name: 'root' }, yes: true },
  });
  t.like(request('volume', 'set', 'a:root', 'revisions_to_keep', '--', '-1'), { value: '-1' });
  t.like(request('device'), { action: 'list', deviceClass: undefined, names: [] });
  t.like(request('device', 'list', 'block'), { deviceClass: undefined, names: ['block'] });
  t.like(request('device', 'usb', 'attach', 'work', 'sys-usb:2-1:1:2', '-o', 'a=b=c'), {
    ...{ deviceClass: 'usb', qube: 'work', device: { backend: 'sys-usb', port: '2-1', id: '1:2' } },
    option: [['a', 'b=c']],
  });
  t.like(request('device', 'pci', 'detach', 'work'), { action: 'detach', device: undefined });
  t.like(request('device', 'denied', 'remove', 'work', 'all'), {
    ...{ action: 'denied', verb: 'remove', qube: 'work', interfaces: ['all'] },
  });
  t.like(request('firewall', 'work'), { qube: 'work', action: 'list' });
  t.like(request('firewall', 'work', 'add', 'accept', 'x.org', '--before', '0'), {
    ...{ action: 'add', words: ['accept', 'x.org'], before: 0 },
  });
  t.like(request('run', 'work', 'qubes.X+a+b'), {
    ...{ qube: 'work', service: { method: 'qubes.X', argument: 'a+b' } },
  });
});

test('columns are parted by commas', (t) => {
  t.like(request('ls', '-o', 'NAME,memory'), { columns: ['NAME', 'memory'], names: [] });
});

const REFUSED: readonly (readonly [line: string, message: RegExp])[] = [
  ['', /no command was given/],
  ['nonsense', /unknown command/],
  ['ls --nonsense', /unknown option/],
  ['ls a/b', /QUBE "a\/b": it is no name of a qube/],
  ['ls --socket x --qrexec', /contradict/],
  ['ls --root x --socket y', /contradict/],
  ['ls -o a,,b', /--columns "a,,b": a column has no name/],
  ['init --sample --from x', /contradict/],
  ['create', /missing required argument/],
  ['create c1 --prop nothing', /--prop "nothing": it is not of the form NAME=VALUE/],
  ['create c1 -P one -P root=two', /--pool .* do not go together/],
  ['remove', /missing required argument/],
  ['prefs', /name a qube, or say --system/],
  ['prefs work a b c', /too many arguments/],
  ['prefs --system a b c', /too many arguments/],
  ['prefs work --reset', /take a property and no value/],
  ['prefs work netvm sys-net --reset', /take a property and no value/],
  ['prefs work netvm --reset --default', /take a property and no value/],
  ['features work --unset', /takes a feature and no value/],
  ['features work a b --unset', /takes a feature and no value/],
  ['tags work add', /add and del take tags/],
  ['tags work list x', /add and del take tags/],
  ['tags work nonsense x', /ACTION "nonsense": it is none of list, add, del/],
  ['notes work --set x --delete', /contradict/],
  ['labels create pink', /create takes NAME and COLOR/],
  ['labels remove', /create takes NAME and COLOR/],
  ['host', /missing required argument/],
  ['host start', /ACTION "start": it is none of status, stop, enable, disable/],
  ['host status --replace-qubesd', /--replace-qubesd goes with enable/],
  ['host disable --root /x', /disable takes no --root/],
  ['host enable --root x', /enable takes a --root that begins with \//],
  ['host enable --sysroot x', /--sysroot "x": it does not begin with \//],
  ['services enable', /name services, or say --family or --all/],
  ['services enable a --all', /name services, or say --family or --all/],
  ['services enable a/b', /"a\/b": it is no name of a service/],
  ['services enable --family x', /--family "x": it is none of restore, wait, admin, notify/],
  ['host status --socket x', /unknown option/],
  ['volume nonsense', /There is no "volume nonsense": it is one of list, info, import/],
  ['volume __proto__', /There is no "volume __proto__"/],
  ['volume info', /"volume info" takes QUBE:VOLUME/],
  ['volume info work', /QUBE:VOLUME "work": it is not of the form QUBE:VOLUME/],
  ['volume info work:private more', /"volume info" takes QUBE:VOLUME/],
  ['volume resize work:private big', /Cannot read the size "big"/],
  ['volume resize work:private 0', /Cannot read the size "0"/],
  ['volume list --force', /Cannot use --force with this/],
  ['volume set work:private size 1', /SETTING "size": it is none of rw, revisions_to_keep/],
  ['pool add fast', /"pool add" takes NAME DRIVER/],
  ['pool add fast file -o x', /--option "x": it is not of the form NAME=VALUE/],
  ['pool list x', /"pool list" takes nothing/],
  ['device attach work sys-usb:sda', /CLASS is missing: say block, pci, usb or mic/],
  ['device block nonsense', /There is no "device nonsense"/],
  ['device block attach work sda', /DEVICE "sda": it is not of the form BACKEND:PORT/],
  ['device block assign work a:b --ask --required', /contradict/],
  ['device denied add work', /add and remove take interfaces/],
  ['device denied list work u03****', /add and remove take interfaces/],
  ['device denied add work usb', /"usb": it is no interface/],
  ['firewall', /QUBE ""/],
  ['firewall work nonsense', /There is no "firewall nonsense"/],
  ['firewall work add', /"firewall add" takes RULE/],
  ['firewall work remove 1 --before 2', /Cannot use --before with this/],
  ['firewall work add accept --before x', /--before "x": it is no number/],
  ['start', /missing required argument/],
  ['shutdown', /name qubes, or say --all/],
  ['shutdown work --all', /name qubes, or say --all/],
  ['shutdown work --timeout soon', /--timeout "soon": it is no number/],
  ['clone work', /missing required argument/],
  ['clone work new -P one -P root=two', /--pool .* do not go together/],
  ['run work', /missing required argument/],
  ['run work qubes.X --socket y', /unknown option/],
];

for (const [line, message] of REFUSED) {
  test(`refused: qubes-rpc ${line}`, (t) => {
    t.regex(refusal(...line.split(' ').filter(Boolean)), message);
  });
}

test('a refusal says where to read on', (t) => {
  const hint = (...args: string[]) =>
    t.throws(() => parseRpcCommandLine(args), { instanceOf: UsageError }).facts.hint;
  t.is(hint('clone', 'work'), 'See qubes-rpc clone --help.');
  t.is(hint('bogus'), 'See qubes-rpc --help.');
  t.is(hint('--root', 'sys', 'ls'), 'Options come after the command. See qubes-rpc --help.');
});

test('no command line brings the parser down', (t) => {
  const words = rpcProgram(() => undefined).commands.map((command) => command.name());
  const word = fc.oneof(
    fc.constantFrom(...words, '--json', '--system', '--set', '--root', '-P', '-o', 'add', 'list'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      t.regex(refusal(...args), /^[\x20-\x7e…]*$/);
    }),
  );
});
