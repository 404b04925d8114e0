import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import ts from 'typescript';

import {
  HOST_STATUSES,
  PRELOAD_STATUSES,
  RESTORE_STATUSES,
  RPC_STATUSES,
} from '../../lib/base/exit-code.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'troubleshooting.md'), 'utf8');

/** Errors that end a program with a message for the person. */
const ERRORS =
  /^(?:Usage|NotReadable|WrongPassphrase|Damaged|Needs|NoAnswer|Refused|Cancelled)Error$/;

/** Where what differs from case to case stands in a message. */
const GAP = '…';

/** What an expression puts into a message: its literal texts, with gaps between. */
function template(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.templateSpans.reduce(
      (text, { literal }) => `${text}${GAP}${literal.text}`,
      node.head.text,
    );
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return template(node.left) + template(node.right);
  }
  return GAP;
}

function messagesIn(file: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    false,
  );
  const messages: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && ERRORS.test(node.expression.getText(source))) {
      const [message] = node.arguments ?? [];
      if (message !== undefined) messages.push(template(message).replace(/…+/g, GAP));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return messages;
}

/** What says nothing by itself: its message is composed elsewhere. */
const isEmpty = (message: string): boolean => message.replaceAll(/[…\s]/g, '') === '';

const raised = new Set(
  readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => messagesIn(join(ROOT, 'lib', file)))
    .filter((message) => !isEmpty(message)),
);

const told = new Set(
  [...PAGE.matchAll(/^\| (`.*`) \| /gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, message]) => message ?? ''),
  ),
);

/** Composed in one place out of parts, or the default of a class. */
const COMPOSED = [
  'Cannot read the command line: …',
  'Cannot do anything: no command was given',
  'Cannot open the backup: wrong passphrase',
  'Cancelled',
];

test('every message that a program can end with is explained', (t) => {
  t.true(raised.size > 150);
  t.deepEqual([...raised].filter((message) => !told.has(message)).sort(), []);
});

test('every message that is explained exists', (t) => {
  const known = new Set([...raised, ...COMPOSED]);
  t.deepEqual([...told].filter((message) => !known.has(message)).sort(), []);
});

test('every exit status, and every kind of error, has its part', (t) => {
  const all = [...RESTORE_STATUSES, ...RPC_STATUSES, ...HOST_STATUSES, ...PRELOAD_STATUSES];
  for (const { status, errors } of all) {
    if (status !== 0) t.regex(PAGE, new RegExp(`\\b[Ss]tatus ${status}\\b`), String(status));
    for (const code of errors) {
      t.regex(PAGE, new RegExp(`^## Status ${status}, \`${code}\``, 'm'), code);
    }
  }
});
