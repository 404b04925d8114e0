import { isIPv4 } from 'node:net';
import { QubesValueError } from '../../base/admin-error.ts';
import { onQube } from '../events.ts';
import type { Handler } from '../events.ts';
import type { Qube } from '../qube.ts';

/** QubesDB, where these features go, has keys and values of at most so many bytes. */
export const MAX_KEY = 63;
export const MAX_VALUE = 3071;
const MAX_SERVICE = 48;
const MAX_CONFIG = MAX_KEY - '/vm-config/'.length;
const MAX_PERSIST = MAX_KEY - '/persist/'.length;
const MAX_PREFIX_LENGTH = 32;

/** By the beginning of the feature's name: judges the rest of it, and the value. */
const RULES: Readonly<Record<string, (name: string, value: string) => void>> = {
  'service.': checkService,
  'vm-config.': checkConfig,
  'custom-persist.': checkPersist,
  'net.fake-': checkFakeNetwork,
};

/** What features must look like that mean something outside the model. */
export const FEATURE_RULES: readonly Handler<Qube>[] = Object.entries(RULES).map(
  ([prefix, check]) =>
    onQube(`domain-feature-pre-set:${prefix}*`, (_, { feature, value }) =>
      check(feature.slice(prefix.length), value),
    ),
);

function checkService(name: string): void {
  if (name === '') refuse('Service name cannot be empty');
  if (name.includes('/')) refuse('Service name cannot contain a slash');
  if (name === '.' || name === '..') refuse('Service name cannot be "." or ".."');
  // Those names go into QubesDB as hashes.
  if (name.length > MAX_SERVICE && !name.startsWith('app-dispvm.')) {
    refuse(`Service name must not exceed ${MAX_SERVICE} bytes`);
  }
}

function checkConfig(name: string, value: string): void {
  if (name.length > MAX_CONFIG) refuse(`VM config name must not exceed ${MAX_CONFIG} bytes`);
  if (name === '') refuse('Empty config name not allowed');
  if (!/^[a-zA-Z]/.test(name)) refuse('Config name must start with an ASCII letter');
  if (value.length > MAX_VALUE) refuse(`VM config must not exceed ${MAX_VALUE} bytes`);
}

/** The value is a path, or `file|dir:USER:GROUP:MODE:PATH`. */
function checkPersist(key: string, value: string): void {
  if (key === '') refuse('custom-persist key cannot be empty');
  if (key.length > MAX_PERSIST) {
    refuse(`custom-persist key is too long (max ${MAX_PERSIST}), ignoring: ${key}`);
  }
  if (value.length > MAX_VALUE) refuse(`custom-persist must not exceed ${MAX_VALUE} bytes`);
  if (value.startsWith('/')) return;
  const [type = '', , , mode = '', path] = value.split(':');
  if (path?.startsWith('/') !== true) refuse(`invalid value format: '${value}'`);
  if (type !== 'file' && type !== 'dir') {
    refuse(`invalid resource type option '${type}' in value '${value}'`);
  }
  if (!/^0*[0-7]{1,4}$/.test(mode)) refuse(`invalid mode option '${mode}' in value '${value}'`);
}

/** The empty value turns the disguise off. */
function checkFakeNetwork(name: string, value: string): void {
  if (value === '') return;
  if ((name === 'ip' || name === 'gateway') && !isIPv4(value)) {
    refuse(`Invalid net.fake-${name} value: not an IPv4 address`);
  }
  if (name === 'netmask' && !isIPv4(value) && !isPrefixLength(value)) {
    refuse('Invalid netmask value');
  }
}

function isPrefixLength(value: string): boolean {
  return /^[0-9]{1,2}$/.test(value) && Number(value) <= MAX_PREFIX_LENGTH;
}

function refuse(reason: string): never {
  throw new QubesValueError(reason);
}
