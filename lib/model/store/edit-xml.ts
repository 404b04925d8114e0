import type { XmlElement } from '../../base/xml/xml.ts';

/** Changes the children of an element; undefined drops one. What stays as it was is not copied. */
export function editChildren(
  element: XmlElement,
  edit: (child: XmlElement) => XmlElement | undefined,
): XmlElement {
  const edited = element.children.map(edit);
  if (edited.every((child, index) => child === element.children[index])) return element;
  return { ...element, children: edited.filter((child) => child !== undefined) };
}

/** Changes the children of one name. */
export function editNamed(
  element: XmlElement,
  name: string,
  edit: (child: XmlElement) => XmlElement | undefined,
): XmlElement {
  return editChildren(element, (child) => (child.name === name ? edit(child) : child));
}

/** An element with an attribute set, or taken away. */
export function withAttribute(
  element: XmlElement,
  name: string,
  value: string | undefined,
): XmlElement {
  const attributes = new Map(element.attributes);
  if (value === undefined) attributes.delete(name);
  else attributes.set(name, value);
  return { ...element, attributes };
}

/** The text of the `<property>` of that name in an element's `<properties>`. */
export function propertyText(holder: XmlElement, name: string): string | undefined {
  for (const section of holder.children) {
    if (section.name !== 'properties') continue;
    for (const child of section.children) {
      if (child.name === 'property' && child.attributes.get('name') === name) return textOf(child);
    }
  }
  return undefined;
}

/** The text of a `<property>`; stores of before Qubes 4 have it in an attribute. */
export function textOf(property: XmlElement): string {
  const reference = property.attributes.get('ref') ?? '';
  return reference === '' ? property.text : reference;
}

/** Sets a property, or takes it away. */
export function withProperty(
  holder: XmlElement,
  name: string,
  text: string | undefined,
): XmlElement {
  const property: XmlElement = {
    name: 'property',
    attributes: new Map([['name', name]]),
    children: [],
    text: text ?? '',
  };
  return editNamed(holder, 'properties', (section) => {
    const others = editNamed(section, 'property', (child) =>
      child.attributes.get('name') === name ? undefined : child,
    );
    return text === undefined ? others : { ...others, children: [...others.children, property] };
  });
}
