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

/** What is called with a warning, for the screen or the log, that ends nothing. */
const WARNING = /(?:^|\.)(?:warn|warning)$|\blog\.error$/;

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

/** What a call tells: its last argument, or the message in it. */
function told(call: ts.CallExpression): ts.Expression | undefined {
  const last = call.arguments.at(-1);
  if (last === undefined || !ts.isObjectLiteralExpression(last)) return last;
  return last.properties
    .filter(ts.isPropertyAssignment)
    .find(({ name }) => ts.isIdentifier(name) && name.text === 'message')?.initializer;
}

/** What a node ends a program with, or warns of. */
function messageOf(node: ts.Node, source: ts.SourceFile): ts.Expression | undefined {
  if (ts.isNewExpression(node) && ERRORS.test(node.expression.getText(source))) {
    return node.arguments?.[0];
  }
  const isWarning = ts.isCallExpression(node) && WARNING.test(node.expression.getText(source));
  return isWarning ? told(node) : undefined;
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
    const message = messageOf(node, source);
    if (message !== undefined) messages.push(oneLine(template(message)));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return messages;
}

const oneLine = (message: string): string => message.replace(/…+/g, GAP).replaceAll('\n', ' ');

/** What says nothing by itself: its message is composed elsewhere. */
const isEmpty = (message: string): boolean => message.replaceAll(/[…\s:]/g, '') === '';

const raised = new Set(
  readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => messagesIn(join(ROOT, 'lib', file)))
    .filter((message) => !isEmpty(message)),
);

const explained = new Set(
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

test('every message that a program can end with, or warns of, is explained', (t) => {
  t.true(raised.size > 150);
  t.deepEqual([...raised].filter((message) => !explained.has(message)).sort(), []);
});

test('every message that is explained exists', (t) => {
  const known = new Set([...raised, ...COMPOSED]);
  t.deepEqual([...explained].filter((message) => !known.has(message)).sort(), []);
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
