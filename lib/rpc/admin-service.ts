import type { AdminCall } from './admin-call.ts';
import type { ServiceFacts } from './service.ts';

/** Whether a call may, must or must not bring something along. */
export type Presence = 'none' | 'optional' | 'required';

/** Which socket serves a call. */
export type Api = 'admin' | 'internal' | 'misc';

/** What a call answers: text as UTF-8, or nothing. */
export type AdminReply = string | Uint8Array | undefined;

/**
 * A call of the Admin API, or of what belongs to it: request and reply in one piece, handled by the
 * resident host, which alone has the store open.
 */
export interface AdminService extends ServiceFacts {
  readonly api: Api;
  readonly argument: Presence;
  readonly payload: Presence;
  /**
   * Does the work of one call. Changes are made within `call.app.apply`, and are on disk when
   * `call.app.save()` has resolved: a call that changes anything awaits it before it answers.
   * @throws AdminError, which the caller gets
   */
  handle(call: AdminCall): AdminReply | Promise<AdminReply>;
}
