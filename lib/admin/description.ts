import * as z from 'zod/mini';

import type { PropertyValue } from './property-value.ts';
import type { QubeFacts } from './qube-facts.ts';
import { replyLines, unreadable } from './reply-text.ts';

/** All of a qube that its administrator sees at once. */
export interface QubeDescription extends QubeFacts {
  readonly properties: ReadonlyMap<string, PropertyValue>;
  readonly features: ReadonlyMap<string, string>;
  readonly tags: readonly string[];
}

/** Name of the call that answers with descriptions; ours, unknown to qubesd. */
export const DESCRIBE = 'admin.vm.Describe';

const text = z.string().check(z.maxLength(65_536));

/** One line of its reply. */
const Line = z.object({
  name: text,
  class: text,
  state: text,
  uuid: text,
  properties: z.record(text, z.object({ value: text, type: text, default: z.boolean() })),
  features: z.record(text, text),
  tags: z.array(text),
});

/**
 * Reads the reply of `admin.vm.Describe`: a JSON document a line, one for each qube.
 * @throws NeedsError
 */
export function parseDescriptions(untrustedText: string): readonly QubeDescription[] {
  return replyLines(untrustedText).map((untrustedLine) => {
    const parsed = Line.safeParse(untrustedJson(untrustedLine));
    if (!parsed.success) throw unreadable(DESCRIBE, untrustedLine);
    const { properties, features, ...facts } = parsed.data;
    return {
      ...facts,
      properties: new Map(Object.entries(properties)),
      features: new Map(Object.entries(features)),
    };
  });
}

function untrustedJson(untrustedLine: string): unknown {
  try {
    return JSON.parse(untrustedLine);
  } catch {
    throw unreadable(DESCRIBE, untrustedLine);
  }
}
