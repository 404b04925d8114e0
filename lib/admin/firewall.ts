import type { AdminCalls } from './calls.ts';
import { pair } from './qube-facts.ts';
import { replyLines, unreadable } from './reply-text.ts';

/** One rule: `action`, `dst4`, `dsthost`, `proto`… and their values, as the Admin API has them. */
export type RuleFields = ReadonlyMap<string, string>;

const COMMENT = ' comment=';

/** The firewall of a qube. */
export class QubeFirewall {
  readonly #calls: AdminCalls;
  readonly #qube: string;

  constructor(calls: AdminCalls, qube: string) {
    this.#calls = calls;
    this.#qube = qube;
  }

  /** Its rules, the first of which that fits decides; without those that have expired. */
  async rules(): Promise<readonly RuleFields[]> {
    const method = 'admin.vm.firewall.Get';
    return replyLines(await this.#text('Get')).map((untrustedLine) => {
      const fields = ruleFields(untrustedLine);
      if (!fields.has('action')) throw unreadable(method, untrustedLine);
      return fields;
    });
  }

  /** Replaces all. */
  async setRules(rules: readonly RuleFields[]): Promise<void> {
    await this.#text('Set', rules.map((rule) => `${ruleLine(rule)}\n`).join(''));
  }

  /** Puts the same rules to work again: names of hosts are looked up once more. */
  async reload(): Promise<void> {
    await this.#text('Reload');
  }

  #text(verb: string, payload = ''): Promise<string> {
    return this.#calls.text(`admin.vm.firewall.${verb}`, { destination: this.#qube, payload });
  }
}

/**
 * Reads `action=accept dst4=10.0.0.0/8 comment=a b c`: all behind `comment=` is comment. Takes what
 * other daemons took, too: it does not judge.
 */
export function ruleFields(untrustedLine: string): RuleFields {
  const at = untrustedLine.indexOf(COMMENT);
  const words = at < 0 ? untrustedLine : untrustedLine.slice(0, at);
  const fields = new Map(words.split(' ').map(pair));
  return at < 0 ? fields : fields.set('comment', untrustedLine.slice(at + COMMENT.length));
}

/** A rule as a line; a comment is its end. */
export function ruleLine(rule: RuleFields): string {
  const fields = [...rule].filter(([key]) => key !== 'comment');
  const comment = rule.get('comment');
  if (comment !== undefined) fields.push(['comment', comment]);
  return fields.map(([key, value]) => `${key}=${value}`).join(' ');
}
