import * as z from 'zod/mini';

import { replyLines, unreadable } from './reply-text.ts';

/** A qube as `admin.vm.List` tells of it. */
export interface QubeFacts {
  readonly name: string;
  /** `AppVM`, `TemplateVM`…; there may be classes that we do not know. */
  readonly class: string;
  /** `Halted`, `Running`… */
  readonly state: string;
  /** Lower case; absent where the daemon is too old to tell. */
  readonly uuid?: string | undefined;
}

const METHOD = 'admin.vm.List';

const Facts = z.object({
  name: z.string().check(z.regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,30}$/)),
  class: z.string().check(z.regex(/^[a-zA-Z]{1,63}$/)),
  state: z.string().check(z.regex(/^[a-zA-Z]{1,63}$/)),
  uuid: z.optional(z.string().check(z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/))),
});

/**
 * Reads the reply of `admin.vm.List`: `work class=AppVM state=Running uuid=…`, one qube a line.
 * Facts that we do not know are left out.
 * @throws NeedsError
 */
export function parseQubeList(untrustedText: string): readonly QubeFacts[] {
  return replyLines(untrustedText).map((untrustedLine) => {
    const [untrustedName, ...untrustedFacts] = untrustedLine.split(' ');
    const parsed = Facts.safeParse({
      ...Object.fromEntries(untrustedFacts.map(pair)),
      name: untrustedName,
    });
    if (!parsed.success) throw unreadable(METHOD, untrustedLine);
    return parsed.data;
  });
}

/** A key and what is behind its first `=`. */
export function pair(untrusted: string): [string, string] {
  const sign = untrusted.indexOf('=');
  return sign < 0 ? [untrusted, ''] : [untrusted.slice(0, sign), untrusted.slice(sign + 1)];
}
