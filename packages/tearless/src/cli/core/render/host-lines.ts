// Hosts as a table. Pure.
import { defaultLogin } from '../../../host/enrol/enrol-host.ts';
import type { HostInspection } from '../inspect-host.ts';
import type { Style } from '../style.ts';
import { renderTable } from '../table.ts';

const none = '-';

const renderHelper = ({ helper, login, error }: HostInspection, style: Style): string => {
  if (helper?.isCarried === true) return style.warn('as root');
  if (helper !== undefined) {
    const version = helper.version.slice(0, 8);
    return helper.isCurrent ? version : style.bad(`${version} (outdated)`);
  }
  if (login === undefined || error === undefined) return none;
  return style.bad(error.code === 'host-helper-missing' ? 'missing' : 'refused');
};

const renderAddress = ({ config, name }: HostInspection): string => {
  if (config.local === true) return '(this machine)';
  const address = config.address ?? name;
  return config.port === undefined ? address : `${address} port ${config.port}`;
};

export const renderHosts = (hosts: readonly HostInspection[], style: Style): readonly string[] => {
  if (hosts.length === 0) return ["no hosts: 'tearless host add NAME' sets one up and declares it"];
  return renderTable(hosts, [
    { title: 'HOST', cell: ({ name }) => style.strong(name) },
    { title: 'ADDRESS', cell: renderAddress },
    {
      title: 'USER',
      cell: ({ login, config }) => login?.user ?? config.user ?? (config.local === true ? none : defaultLogin),
    },
    {
      title: 'OS',
      cell: ({ facts, login }) => facts?.os.prettyName ?? (login === undefined ? style.bad('no answer') : none),
    },
    { title: 'TOR', cell: ({ facts }) => facts?.torVersion ?? none },
    {
      title: 'RELAYS',
      align: 'right',
      cell: ({ facts }) => (facts === undefined ? none : String(facts.instances.length)),
    },
    { title: 'HELPER', cell: (host) => renderHelper(host, style) },
  ]);
};
