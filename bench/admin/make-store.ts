/** A store of `count` qubes besides dom0: a template, and what is based on it. */
export function makeStore(count: number): string {
  const qubes = [template(), ...Array.from({ length: count - 1 }, (_, at) => appVm(at + 2))].join(
    '\n',
  );
  return `<qubes>
  <labels>
    <label id="label-1" color="0xcc0000">red</label>
    <label id="label-8" color="0x000000">black</label>
  </labels>
  <pools>
    <pool name="varlibqubes" dir_path="/var/lib/qubes" driver="file-reflink" revisions_to_keep="1" ephemeral_volatile="False"/>
    <pool name="linux-kernel" dir_path="/var/lib/qubes/vm-kernels" driver="linux-kernel"/>
  </pools>
  <properties>
    <property name="default_kernel"></property>
    <property name="default_pool_kernel">linux-kernel</property>
    <property name="default_template">fedora-41</property>
  </properties>
  <domains>
    <domain id="domain-0" class="AdminVM">
      <properties>
        <property name="label">black</property>
      </properties>
      <features/>
      <tags/>
    </domain>
${qubes}
  </domains>
</qubes>
`;
}

/** Name of the qube of that number, from 2. */
export function qubeName(qid: number): string {
  return `qube-${qid}`;
}

function template(): string {
  return qube('TemplateVM', 1, 'fedora-41', 'vm-templates/fedora-41', '');
}

function appVm(qid: number): string {
  const name = qubeName(qid);
  const from = '\n        <property name="template">fedora-41</property>';
  return qube('AppVM', qid, name, `appvms/${name}`, from);
}

function qube(kind: string, qid: number, name: string, vid: string, more: string): string {
  const uuid = `00000000-0000-4000-8000-${String(qid).padStart(12, '0')}`;
  const ownRoot = kind === 'TemplateVM';
  const root = ownRoot
    ? 'save_on_stop="True" snap_on_start="False" size="10737418240"'
    : 'save_on_stop="False" snap_on_start="True" size="10737418240" source="vm-templates/fedora-41/root"';
  const volume = (volumeName: string, rest: string): string =>
    `        <volume name="${volumeName}" pool="varlibqubes" vid="${vid}/${volumeName}" revisions_to_keep="1" rw="True" ${rest}/>`;
  return `    <domain id="domain-${qid}" class="${kind}">
      <properties>
        <property name="label">red</property>
        <property name="name">${name}</property>
        <property name="qid">${qid}</property>
        <property name="uuid">${uuid}</property>${more}
      </properties>
      <features>
        <feature name="service.cups">1</feature>
      </features>
      <tags>
        <tag name="audiovm-dom0"/>
        <tag name="guivm-dom0"/>
      </tags>
      <volume-config>
${volume('root', root)}
${volume('private', 'save_on_stop="True" snap_on_start="False" size="2147483648"')}
${volume('volatile', 'save_on_stop="False" snap_on_start="False" size="10737418240"')}
        <volume name="kernel" pool="linux-kernel" vid="" revisions_to_keep="0" rw="False" save_on_stop="False" snap_on_start="False"/>
      </volume-config>
    </domain>`;
}
