import * as z from 'zod/mini';

import { UsageError } from '../base/errors.ts';
import { firstIssue } from '../base/first-issue.ts';

/** What policy has to know of a qube. */
export interface QubeFacts {
  readonly name: string;
  readonly uuid: string | undefined;
  /** `AppVM`, `TemplateVM`… */
  readonly className: string;
  readonly tags: ReadonlySet<string>;
  /** Whether it makes disposables. */
  readonly templateForDispvms: boolean;
  /** Template of the disposables that it calls. */
  readonly defaultDispvm: string | undefined;
  /** Whether it is not shown to people, as by its feature `internal`. */
  readonly isInternal: boolean;
  readonly isRunning: boolean;
  /** Of a RemoteVM: the qube through which it is reached, and the service there. */
  readonly relayvm: string | undefined;
  readonly transportRpc: string | undefined;
}

/** What policy has to know of the system. */
export interface SystemFacts {
  /** @param text a name, or `uuid:` and a UUID */
  find(text: string): QubeFacts | undefined;
  /** All qubes, dom0 too. */
  readonly qubes: Iterable<QubeFacts>;
}

const optionalText = z._default(z.nullable(z.string()), null);

const SystemInfo = z.object({
  domains: z.record(
    z.string().check(z.regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,62}$/, 'is no name of a qube')),
    z.object({
      type: z.string(),
      tags: z.array(z.string()),
      template_for_dispvms: z.boolean(),
      default_dispvm: optionalText,
      uuid: optionalText,
      // A feature; older daemons say only whether it is set.
      internal: z._default(z.nullable(z.union([z.string(), z.boolean()])), null),
      power_state: optionalText,
      relayvm: optionalText,
      transport_rpc: optionalText,
    }),
  ),
});

/**
 * The facts in an answer of `internal.GetSystemInfo`.
 * @throws UsageError when it is none
 */
export function parseSystemFacts(untrustedJson: string): SystemFacts {
  const parsed = SystemInfo.safeParse(parseJson(untrustedJson));
  if (!parsed.success) {
    throw new UsageError(`The facts about the system are not usable: ${firstIssue(parsed.error)}`);
  }
  return knownFacts(
    Object.entries(parsed.data.domains).map(([name, info]) => ({
      name,
      uuid: info.uuid ?? undefined,
      className: info.type,
      tags: new Set(info.tags),
      templateForDispvms: info.template_for_dispvms,
      defaultDispvm: info.default_dispvm ?? undefined,
      isInternal: Boolean(info.internal),
      isRunning: info.power_state === 'Running',
      relayvm: info.relayvm ?? undefined,
      transportRpc: info.transport_rpc ?? undefined,
    })),
  );
}

function parseJson(untrustedJson: string): unknown {
  try {
    return JSON.parse(untrustedJson);
  } catch {
    throw new UsageError('The facts about the system are no JSON');
  }
}

/** Facts about a number of qubes. */
function knownFacts(qubes: readonly QubeFacts[]): SystemFacts {
  const byText = new Map<string, QubeFacts>();
  for (const qube of qubes) {
    byText.set(qube.name, qube);
    if (qube.uuid !== undefined) byText.set(`uuid:${qube.uuid}`, qube);
  }
  return { qubes, find: (text) => byText.get(text) };
}
