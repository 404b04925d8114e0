import test from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';

import { UsageError } from '../../lib/base/errors.ts';
import { splitWords } from '../../lib/location/split-words.ts';

fc.configureGlobal({ seed: 2 });

/** Puts the words that a shell makes of each line between NULs and line breaks. */
async function shellWords(lines: readonly string[]): Promise<string[][]> {
  const script = lines.map((line) => `show ${line}\n`).join('');
  const show = `show() { for word; do printf '%s\\001' "$word"; done; printf '\\002'; }\n`;
  const { stdout } = await execa('sh', ['-c', show + script], { stripFinalNewline: false });
  return stdout
    .split('\u0002')
    .slice(0, -1)
    .map((one) => one.split('\u0001').slice(0, -1));
}

const LINES = [
  'cat /mnt/backup',
  '  a \t b  ',
  `sh -c 'a | b > c; $d'`,
  `"two words" 'two words' two\\ words`,
  `a"b"'c'd ""`,
  `"\\" \\\\ \\a \\' \\\`"`,
  `'\\' "it's" \\'`,
  'a~b a#b = % ^ ] } @ + , : ! -',
  'ünïcode "é"',
  '',
];

test('words are what a shell makes of the same line', async (t) => {
  t.deepEqual(LINES.map(splitWords), await shellWords(LINES));
});

test('any line is split as a shell splits it, or refused', async (t) => {
  const piece = fc.constantFrom(...Array.from(`ab \t'"\\|&;<>()$\`*?[]{}~#!=é-`));
  const lines = fc
    .sample(fc.array(piece, { maxLength: 12 }), 3000)
    .map((pieces) => pieces.join(''));
  const accepted: [string, string[]][] = [];
  for (const line of lines) {
    try {
      accepted.push([line, splitWords(line)]);
    } catch (error) {
      t.true(error instanceof UsageError);
    }
  }
  t.true(accepted.length > 300);
  const expected = await shellWords(accepted.map(([line]) => line));
  accepted.forEach(([line, words], index) => t.deepEqual(words, expected[index], line));
});

for (const char of '|&;<>()$`*?[{') {
  test(`an unquoted ${char} is refused by name, a quoted one taken`, (t) => {
    const { message } = t.throws(() => splitWords(`cat a${char}b`), { instanceOf: UsageError });
    t.true(message.includes(`act on the ${char} in`));
    t.regex(message, /sh -c/);
    t.deepEqual(splitWords(`'a${char}b' a\\${char}b`), [`a${char}b`, `a${char}b`]);
  });
}

for (const line of ['"$HOME"', '"`id`"', '~/backup', '#x', `'open`, '"open', 'end\\']) {
  test(`${line} is refused`, (t) => {
    t.throws(() => splitWords(line), { instanceOf: UsageError });
  });
}
