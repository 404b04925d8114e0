/** pino's light build, whose types are those of the other. */
declare module 'pino/browser.js' {
  import { pino } from 'pino';

  export default pino;
}
