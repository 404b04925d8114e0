import * as z from 'zod/mini';

/** Of a file name, which the name of a service is. */
const MAX_SERVICE = 255;

/** Of a name and its argument together, as qrexec carries them. */
const MAX_CALLED = 65_000;

/** Of what a call can be aimed at, keywords included. */
const MAX_TARGET = 63;

/** Names that can be meant: qrexec would turn other characters into `_`, and call something else. */
export const CalledNames = z
  .object({
    target: z
      .string()
      .check(
        z.maxLength(MAX_TARGET, 'The name of the target is too long'),
        z.regex(
          /^[a-zA-Z0-9_.:@-]*$/,
          'The target is no name of a qube, and no keyword such as @dispvm',
        ),
      ),
    service: z
      .string()
      .check(
        z.maxLength(MAX_SERVICE, 'The name of the service is too long'),
        z.regex(/^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$/, 'This is no name of a service'),
      ),
    argument: z
      .string()
      .check(
        z.regex(/^[a-zA-Z0-9_.+-]*$/, 'The argument holds a character that qrexec does not carry'),
      ),
  })
  .check(
    z.refine(({ service, argument }) => service.length + 1 + argument.length <= MAX_CALLED, {
      error: 'The argument of the service is too long',
    }),
  );

/** The name of a qube, as it can be part of a path. */
export const QubeName = z
  .string()
  .check(z.regex(/^[a-zA-Z][a-zA-Z0-9_.-]{0,30}$/, 'This is no name of a qube'));

/** `SERVICE+ARGUMENT`, also where there is no argument. */
export function fullName({ service, argument }: { service: string; argument: string }): string {
  return `${service}+${argument}`;
}

/** The two parts of `SERVICE+ARGUMENT`. */
export function parseCalled(text: string): { service: string; argument: string } {
  const sign = text.indexOf('+');
  if (sign < 0) return { service: text, argument: '' };
  return { service: text.slice(0, sign), argument: text.slice(sign + 1) };
}
