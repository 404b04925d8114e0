import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import { diskError } from '../../../base/disk-error.ts';
import { NeedsError, UsageError } from '../../../base/errors.ts';
import { statusOf } from '../../../base/exit-code.ts';
import { lintPolicy } from '../../../policy/lint/lint-policy.ts';
import { loadPolicy } from '../../../policy/load-policy.ts';
import { problemText } from '../../../policy/policy-error.ts';
import { isDom0 } from '../../../policy/token.ts';
import { parseSystemFacts, type SystemFacts } from '../../../policy/system-facts.ts';
import type { Verdict } from '../../../policy/verdict.ts';
import { choosePolicy, type ChosenPolicy } from '../choose-policy.ts';
import type { RpcDoors } from '../rpc-doors.ts';
import type { RequestFor } from '../rpc-request.ts';
import { comparedRows, verdictLine, verdictText } from '../verdict-lines.ts';

type PolicyRequest = RequestFor<'policy'>;
type CallRequest = Exclude<PolicyRequest, { action: 'lint' }>;
type LintRequest = Extract<PolicyRequest, { action: 'lint' }>;

/** As the man page has them. */
const STATUS: Readonly<Record<Verdict['kind'], number>> = { allow: 0, deny: 7, ask: 8 };

/**
 * `policy`: what policy says to a call and why, or what is wrong with it.
 * @returns exit status
 */
export async function tellOfPolicy(
  request: PolicyRequest,
  doors: RpcDoors,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const chosen = await choosePolicy(request.root, request.folder, env, doors.signal);
  return request.action === 'lint' ? lint(request, chosen, doors) : judge(request, chosen, doors);
}

async function judge(
  request: CallRequest,
  { place, calls }: ChosenPolicy,
  { screen }: RpcDoors,
): Promise<number> {
  const { source, target } = request;
  if (isDom0(source)) throw new UsageError('Calls of dom0 are not judged: all of them are allowed');
  const call = { ...request.service, source, target };
  const policy = loadPolicy(...place);
  const facts = await readFacts(request.facts, calls);
  if (facts.find(source) === undefined) throw new UsageError(`There is no qube ${source}`);
  const { verdict, compared } = policy.explain(call, facts);
  if (request.action === 'explain' && compared.length > 0) {
    await screen.show(...comparedRows(compared));
  }
  await screen.showText(verdictLine(call, verdict), verdictText(verdict));
  return STATUS[verdict.kind];
}

async function lint(
  { facts, files }: LintRequest,
  { place: [folders, legacyFolder], calls }: ChosenPolicy,
  { screen }: RpcDoors,
): Promise<number> {
  const named = files.map((file) => resolve(file));
  const known = await readFacts(facts, calls).catch(noneWithoutDaemon(facts));
  const found = lintPolicy({ folders, legacyFolder, files: named }, known);
  for (const finding of found) {
    const text = `${problemText(finding)} (${finding.severity})`;
    await screen.showText({ type: 'finding', ...finding }, text);
  }
  return found.some(({ severity }) => severity === 'error') ? statusOf('damaged') : 0;
}

async function readFacts(
  path: string | undefined,
  calls: ChosenPolicy['calls'],
): Promise<SystemFacts> {
  const untrusted = path === undefined ? calls.text('internal.GetSystemInfo') : untrustedFile(path);
  return parseSystemFacts(await untrusted);
}

async function untrustedFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw diskError(error, 'read', path);
  }
}

/** A policy can be looked at where nobody knows the qubes that it names. */
function noneWithoutDaemon(named: string | undefined): (error: unknown) => undefined {
  return (error) => {
    if (named === undefined && error instanceof NeedsError) return undefined;
    throw error;
  };
}
