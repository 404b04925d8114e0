import type { XmlNode } from '../../base/xml/print-xml.ts';
import type { App } from '../app.ts';
import { element, leaf, propertiesNode } from './qube-node.ts';

/** The system as the store has it, without its qubes. */
export function systemNode(app: App): XmlNode {
  return element('qubes', {}, [
    element(
      'labels',
      {},
      app.labels.map(({ index, name, color }) =>
        leaf('label', { id: `label-${index}`, color }, name),
      ),
    ),
    element(
      'pools',
      {},
      app.pools.map(({ name, config }) => ({
        name: 'pool',
        attributes: new Map([['name', name], ...config]),
      })),
    ),
    propertiesNode(app),
    element('domains', {}, []),
  ]);
}
