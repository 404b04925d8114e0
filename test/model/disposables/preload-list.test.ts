import test from 'ava';

import { QubesValueError } from '../../../lib/base/admin-error.ts';
import { createDisposable } from '../../../lib/model/create-qube.ts';
import { LIST, MAX } from '../../../lib/model/preload/preload-features.ts';
import { ableToPreload } from '../../support/able-to-preload.ts';
import { SampleSystem } from '../../support/sample-system.ts';

const TEMPLATE = 'default-dvm';

/** A system with three disposables, of which two may wait. */
async function openWithDisposables(t: Parameters<typeof SampleSystem.open>[0]) {
  const system = await SampleSystem.open(t);
  const { app } = system;
  ableToPreload(app, TEMPLATE);
  const names: string[] = [];
  for (let count = 0; count < 3; count++) {
    names.push((await createDisposable(app, system.qube(TEMPLATE), app.qubes.admin)).name);
  }
  loadMax(system, '2');
  return { system, names: names as [string, string, string] };
}

/** As the store says it: nothing is started or ended for it. */
function loadMax(system: SampleSystem, value: string): void {
  const { features } = system.qube(TEMPLATE);
  features.load([...features, [MAX, value]]);
}

test('the list of preloaded disposables is judged in the words of the reference', async (t) => {
  const { system, names } = await openWithDisposables(t);
  const [one, two, three] = names;
  const refused = (list: string, fault: string): void => {
    const error = t.throws(() => system.setFeature(TEMPLATE, LIST, list), {
      instanceOf: QubesValueError,
    });
    t.is(error.message, `Invalid preload-dispvm value: ${fault}`);
  };
  refused(`${one} ${one}`, `contain duplicates: '${one}'`);
  refused(`${one} nosuch`, "non qube(s): 'nosuch'");
  refused(`${one} work`, "qube(s) not based on default-dvm: 'work'");
  refused(`${one} dom0`, "qube(s) not based on default-dvm: 'dom0'");
  const tooMany =
    "can't increment: qube count (3) is either bigger than old count (0) or preload-dispvm-max (2)";
  refused(`${one} ${two} ${three}`, tooMany);
  refused('work work work', tooMany);
  system.setFeature(TEMPLATE, LIST, `${one} ${two}`);
  system.setFeature(TEMPLATE, LIST, `${two} ${one}`);
  system.setFeature(TEMPLATE, LIST, three);
  system.setFeature(TEMPLATE, LIST, '');
  t.is(system.qube(TEMPLATE).features.get(LIST), '');
});

test('a list that has become too long may stay so, or shrink', async (t) => {
  const { system, names } = await openWithDisposables(t);
  const [one, two, three] = names;
  system.setFeature(TEMPLATE, LIST, `${one} ${two}`);
  loadMax(system, '0');
  t.notThrows(() => system.setFeature(TEMPLATE, LIST, `${one} ${two}`));
  t.throws(() => system.setFeature(TEMPLATE, LIST, names.join(' ')));
  t.notThrows(() => system.setFeature(TEMPLATE, LIST, `${one} ${three}`));
  t.notThrows(() => system.setFeature(TEMPLATE, LIST, one));
});

test('whoever comes into the list or leaves it is told to be preloaded, or not', async (t) => {
  const { system, names } = await openWithDisposables(t);
  const [one, two, three] = names;
  const told = async (list: string): Promise<readonly string[]> => {
    const events = await system.namesOfEvents(() => system.setFeature(TEMPLATE, LIST, list));
    return events.filter((event) => !event.startsWith(TEMPLATE));
  };
  const changed = (name: string): string => `${name} property-reset:is_preload`;
  t.deepEqual(await told(`${one} ${two}`), [changed(one), changed(two)]);
  t.is(system.get(one, 'is_preload'), 'True');
  t.deepEqual(await told(`${two} ${three}`), [changed(one), changed(three)]);
  t.is(system.get(one, 'is_preload'), 'False');
  t.deepEqual(await told(`${three} ${two}`), []);
  t.deepEqual(await told(''), [changed(three), changed(two)]);
});
