import * as z from 'zod/mini';

/** The argument of a service that takes none. */
export const noArgument = z.literal('', { error: 'This service takes no argument' });
