import { UsageError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { CommandFacts, Term } from './command-facts.ts';

type Actions = NonNullable<CommandFacts['actions']>;
type Fields = Readonly<Record<string, unknown>>;

/**
 * Gives the words behind a command with several actions their fields in the request.
 * @throws UsageError for an action that is not there, and for too few or too many words
 */
export function readWords(command: string, actions: Actions, words: readonly string[]): Fields {
  const { leading, rest } = split(command, actions, words);
  const [action = Object.keys(actions)[0] ?? '', ...values] = rest;
  const terms = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (terms === undefined) {
    const known = Object.keys(actions).join(', ');
    throw new UsageError(`There is no "${command} ${printable(action)}": it is one of ${known}`, {
      hint: `See qubes-rpc ${command} --help.`,
    });
  }
  return { ...leading, action, ...fieldsOf(`${command} ${action}`, terms, values) };
}

/** What stands before the action: the class of devices, which may be left out, or a qube. */
function split(
  command: string,
  actions: Actions,
  words: readonly string[],
): { readonly leading: Fields; readonly rest: readonly string[] } {
  const [first, ...others] = words;
  if (command === 'firewall') return { leading: { qube: first ?? '' }, rest: others };
  const hasClass = command === 'device' && first !== undefined && !Object.hasOwn(actions, first);
  return hasClass
    ? { leading: { deviceClass: first }, rest: others }
    : { leading: {}, rest: words };
}

function fieldsOf(command: string, terms: readonly Term[], values: readonly string[]): Fields {
  const isOpen = terms.some(([term]) => term.includes('...'));
  const needed = terms.filter(([term]) => term.startsWith('<')).length;
  if (values.length < needed || (!isOpen && values.length > terms.length)) {
    const takes = terms.length === 0 ? 'nothing' : termsText(terms);
    throw new UsageError(`"${command}" takes ${takes}`);
  }
  return Object.fromEntries(
    terms.map(([term, field], at) => [field, term.includes('...') ? values.slice(at) : values[at]]),
  );
}

/** Arguments as usage tells of them: `QUBE [DEVICE]`. */
export function termsText(terms: readonly Term[]): string {
  return terms
    .map(([term]) => term)
    .join(' ')
    .replaceAll(/[<>]/g, '');
}
